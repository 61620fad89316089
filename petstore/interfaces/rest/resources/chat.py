"""/v1/chat/completions and /v1/models, as OpenAI's libraries call them (contract, Chat)."""

from collections.abc import Callable
from contextlib import aclosing
from functools import partial
from typing import ClassVar

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request

from chat.advisors.port import Ending
from chat.answers import Answer, Finish
from chat.catalogue import ModelName, parse_model_name
from chat.services.consultations import Consultation, list_models, open_consultation
from kernel.access import UseCase
from kernel.errors import NotFound
from petstore.interfaces.http.problems import await_or_refuse
from petstore.interfaces.http.site_address import build_site_url
from petstore.interfaces.live.answers import answers
from petstore.interfaces.rest.chat_completions import CompletionWriter, write_model
from petstore.interfaces.rest.chat_requests import read_completion_request
from petstore.interfaces.rest.chat_streams import HEADERS, AnswerStream
from petstore.interfaces.rest.conditional import respond_with_etag
from petstore.interfaces.rest.openapi import chat
from petstore.interfaces.rest.openapi.error_responses import describe_unavailable_response
from petstore.interfaces.rest.renderers import EventStreamRenderer, JSONRenderer, Response
from petstore.interfaces.rest.viewsets import ApiViewSet
from petstore.server.awaited_response import EndableStream

TakePlace = Callable[[], Callable[[], None]]
"""Counts an answer as under way, until what it returns is called."""
_CREATED = 201


class CompletionViewSet(ApiViewSet):
    """Answers of the store's advisor."""

    resource = "chat"
    renderer_classes = (JSONRenderer, EventStreamRenderer)
    without_location: ClassVar[frozenset[str]] = frozenset({"complete_chat"})
    use_cases: ClassVar[dict[str, UseCase]] = {"complete_chat": open_consultation}

    @extend_schema(
        operation_id="createChatCompletion",
        request={JSONRenderer.media_type: chat.REQUEST_REFERENCE},
        examples=[chat.REQUEST_EXAMPLE, chat.COMPLETION_EXAMPLE, chat.STREAM_EXAMPLE],
        responses={
            (200, EventStreamRenderer.media_type): OpenApiResponse(
                OpenApiTypes.STR, description="The answer as a stream of chunks, where `stream` is true."
            ),
            (201, JSONRenderer.media_type): OpenApiResponse(chat.COMPLETION_REFERENCE, description="The answer."),
            503: describe_unavailable_response("The advisor cannot answer at the moment."),
        },
    )
    def complete_chat(self, request: Request) -> HttpResponseBase:
        """Ask the store's advisor about the care of pets, and which pets there are.

        For OpenAI's libraries: their `base_url` is the address of this API, their `api_key` the token, and the tenant
        goes into their default headers. The advisor answers the last USER message; it is no veterinarian. With
        `stream` the answer comes word by word: events whose data are chunks, then `[DONE]`; a comment keeps a silent
        stream alive. An answer that breaks off ends with an event whose data is `{"error": …}`, without `[DONE]`.
        A user may have eight answers under way at once. Refusals carry an `error` as those libraries read it.
        """
        asked = read_completion_request(request.data)
        user_id = self.actor.user_id
        answers.check_free_place(user_id)
        consultation = open_consultation(messages=asked.messages, wording=asked.wording, actor=self.actor)
        writer = CompletionWriter.start_completion(
            asked.model, build_site_url(request._request), has_usage=asked.has_usage
        )
        answer = _start_stream if asked.is_stream else _complete_answer
        response = await_or_refuse(
            partial(answer, consultation, writer, partial(answers.take_place, user_id)), request._request
        )
        if isinstance(consultation.source, Answer) and asked.is_stream:
            response.do_afterwards(consultation.count_once)  # it would make the first word wait
            return response
        consultation.count_once()
        if isinstance(consultation.source, Answer):
            completion = consultation.complete_composed(consultation.source)
            return Response(writer.write_whole(completion.text, completion.ending), _CREATED)
        return response


class ModelViewSet(ApiViewSet):
    """The models that the advisor answers as."""

    resource = "models"
    use_cases: ClassVar[dict[str, UseCase]] = {"list_models": list_models, "retrieve": list_models}

    @extend_schema(operation_id="listModels", responses={200: chat.MODELS_REFERENCE}, examples=[chat.MODELS_EXAMPLE])
    def list_models(self, request: Request) -> Response:
        """List the models of the advisor, as OpenAI's libraries read them."""
        return Response({"object": "list", "data": [write_model(model) for model in list_models(actor=self.actor)]})

    @extend_schema(
        operation_id="getModel",
        parameters=[
            OpenApiParameter(
                "model_id",
                OpenApiTypes.STR,
                OpenApiParameter.PATH,
                enum=list(ModelName),
                description="The model, in any case, with `-` or `_`.",
            )
        ],
        responses={200: chat.MODEL_REFERENCE},
        examples=[chat.MODEL_EXAMPLE],
    )
    def retrieve(self, request: Request, model_id: str) -> Response:
        """Get a model of the advisor, as OpenAI's libraries read it."""
        model = parse_model_name(model_id)
        if model is None:
            raise NotFound
        return respond_with_etag(request, f'"{model}"', partial(write_model, model))


async def _start_stream(consultation: Consultation, writer: CompletionWriter, take_place: TakePlace) -> EndableStream:
    """Wait for the first piece, so that a refusal is still a plain answer, and stream the rest."""
    leave_place = take_place()
    pieces = consultation.stream_shaped()
    try:
        first = await anext(pieces)
    except BaseException:
        await pieces.aclose()
        leave_place()
        raise
    is_composed = isinstance(consultation.source, Answer)
    stream = AnswerStream(first, pieces, writer, is_composed=is_composed, leave_place=leave_place)
    return EndableStream(stream, end_early=stream.end_early, headers=HEADERS)


async def _complete_answer(consultation: Consultation, writer: CompletionWriter, take_place: TakePlace) -> Response:
    """Wait for the whole answer."""
    leave_place = take_place()
    texts: list[str] = []
    ending = Ending(Finish.STOP)
    try:
        async with aclosing(consultation.stream_shaped()) as pieces:
            async for piece in pieces:
                if isinstance(piece, Ending):
                    ending = piece
                else:
                    texts.append(piece)
    finally:
        leave_place()
    return Response(writer.write_whole("".join(texts), ending), _CREATED)
