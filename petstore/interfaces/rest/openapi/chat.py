"""Describe consultations in OpenAPI (contract, Chat)."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample

from chat.advisors.port import DEFAULT_TOKENS, MAX_TOKENS
from chat.answers import Finish
from chat.catalogue import OFFERED_SINCE, ModelName
from chat.messages import MAX_MESSAGES, MAX_PARTS, MAX_TEXT
from petstore.interfaces.rest.openapi.examples import PET_ID

Schema = dict[str, Any]

_HINT: Final = "Taken, and changes nothing."
_NULL_OR: Final = "null"


def _nullable(kind: str, **more: Any) -> Schema:
    return {"type": [kind, _NULL_OR], **more}


def _object(description: str, properties: Schema, **more: Any) -> Schema:
    return {
        "type": "object",
        "description": description,
        "required": list(properties),
        "properties": properties,
        **more,
    }


def _refer(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_LIMIT: Schema = _nullable(
    "integer", minimum=1, maximum=MAX_TOKENS, description=f"The most tokens of the answer; {DEFAULT_TOKENS} without it."
)
_STREAM_OPTIONS: Schema = _nullable(
    "object",
    description="With `stream` only.",
    additionalProperties=False,
    properties={"include_usage": {"type": "boolean"}, "include_obfuscation": {"type": "boolean"}},
)
_PENALTY: Schema = _nullable("number", minimum=-2, maximum=2)
_TEXT_HINT: Schema = _nullable("string", maxLength=256, description=_HINT)
_COUNT: Schema = {"type": "integer", "minimum": 0}

_PART: Schema = _object("A part of a text.", {"type": {"type": "string", "const": "text"}, "text": {"type": "string"}})
_MESSAGE: Schema = {
    "type": "object",
    "description": "A message of the conversation.",
    "required": ["role", "content"],
    "additionalProperties": False,
    "properties": {
        "role": {
            "type": "string",
            "pattern": "^([Ss][Yy][Ss][Tt][Ee][Mm]|[Dd][Ee][Vv][Ee][Ll][Oo][Pp][Ee][Rr]|[Uu][Ss][Ee][Rr]"
            "|[Aa][Ss][Ss][Ii][Ss][Tt][Aa][Nn][Tt])$",
            "description": "SYSTEM, DEVELOPER (which counts as SYSTEM), USER or ASSISTANT, in any case.",
            "example": "user",
        },
        "content": {
            "description": f"A text, or a list of text parts; at most {MAX_TEXT} characters in all.",
            "oneOf": [
                {"type": "string", "minLength": 1, "maxLength": MAX_TEXT},
                {"type": "array", "minItems": 1, "maxItems": MAX_PARTS, "items": _refer("ChatTextPart")},
            ],
        },
        "name": {"type": "string", "maxLength": 64},
    },
}
_REQUEST: Schema = {
    "type": "object",
    "description": "A question to the advisor, in OpenAI's spelling.",
    "required": ["messages"],
    "additionalProperties": False,
    "properties": {
        "messages": {
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_MESSAGES,
            "items": _refer("ChatMessage"),
            "description": "The conversation; the last USER message is answered.",
        },
        "model": {
            "type": "string",
            "pattern": "^[Pp][Ee][Tt][-_][Aa][Dd][Vv][Ii][Ss][Oo][Rr][-_](1|[Tt][Uu][Rr][Bb][Oo])$",
            "description": f"{' or '.join(ModelName)}, in any case, with `-` or `_`; the first one without it.",
            "example": ModelName.PET_ADVISOR_1.value,
        },
        "stream": _nullable("boolean", description="Answer with a stream of events."),
        "stream_options": _STREAM_OPTIONS,
        "streamOptions": {**_STREAM_OPTIONS, "description": "Another spelling of `stream_options`."},
        "maxTokens": _LIMIT,
        "max_tokens": {**_LIMIT, "description": "Another spelling of `maxTokens`."},
        "max_completion_tokens": {**_LIMIT, "description": "Another spelling of `maxTokens`."},
        "temperature": _nullable("number", minimum=0, maximum=2),
        "top_p": _nullable("number", minimum=0, maximum=1),
        "frequency_penalty": _PENALTY,
        "presence_penalty": _PENALTY,
        "seed": _nullable("integer", minimum=-(2**63), maximum=2**63 - 1, description=_HINT),
        "stop": {
            "description": "Texts before which the answer ends.",
            "oneOf": [
                {"type": "null"},
                {"type": "string", "minLength": 1},
                {"type": "array", "maxItems": 4, "items": {"type": "string", "minLength": 1}},
            ],
        },
        "n": {"enum": [1, None], "description": "The advisor gives one answer."},
        "store": {"enum": [False, None], "description": "No answer is stored."},
        "logprobs": {"enum": [False, None]},
        "modalities": {"type": "array", "const": ["text"]},
        "response_format": {
            "type": "object",
            "required": ["type"],
            "properties": {"type": {"type": "string", "const": "text"}},
        },
        "metadata": _nullable("object", description=_HINT),
        "logit_bias": _nullable("object", description=_HINT),
        "parallel_tool_calls": _nullable("boolean", description=_HINT),
        "user": _TEXT_HINT,
        "safety_identifier": _TEXT_HINT,
        "prompt_cache_key": _TEXT_HINT,
        "service_tier": _TEXT_HINT,
        "reasoning_effort": _TEXT_HINT,
        "verbosity": _TEXT_HINT,
    },
}
_CITATION: Schema = _object(
    "A pet that the answer names.",
    {
        "url": {"type": "string", "format": "uri", "description": "The pet."},
        "title": {"type": "string", "description": "The pet's name."},
        "start_index": _COUNT,
        "end_index": {**_COUNT, "description": "Behind the name's last character, in code points."},
    },
)
_ANNOTATION: Schema = _object(
    "A note on a part of the text.",
    {"type": {"type": "string", "const": "url_citation"}, "url_citation": _refer("ChatCitation")},
)
_CHOICE: Schema = _object(
    "The answer.",
    {
        "index": {"type": "integer", "const": 0},
        "message": _object(
            "What the advisor says.",
            {
                "role": {"type": "string", "const": "assistant"},
                "content": {"type": "string"},
                "refusal": {"type": "null"},
                "annotations": {"type": "array", "items": _refer("ChatAnnotation")},
            },
        ),
        "finishReason": {"type": "string", "enum": [finish.upper() for finish in Finish]},
        "finish_reason": {
            "type": "string",
            "enum": list(Finish),
            "description": "`length` where the limit of tokens cut the answer, `content_filter` where it is a refusal.",
        },
        "logprobs": {"type": "null"},
    },
)
_USAGE: Schema = _object(
    "The tokens, in both spellings; a token is a word or a punctuation mark.",
    dict.fromkeys(
        ("promptTokens", "completionTokens", "totalTokens", "prompt_tokens", "completion_tokens", "total_tokens"),
        _COUNT,
    ),
)
_COMPLETION: Schema = _object(
    "An answer of the advisor.",
    {
        "id": {"type": "string", "pattern": "^chatcmpl_[a-z0-9]+$"},
        "object": {"type": "string", "const": "chat.completion"},
        "created": {"type": "integer", "description": "Unix seconds."},
        "model": {"type": "string", "enum": list(ModelName)},
        "choices": {"type": "array", "minItems": 1, "maxItems": 1, "items": _refer("ChatChoice")},
        "usage": _refer("ChatUsage"),
        "system_fingerprint": _nullable("string", description="The version of what the advisor knows."),
    },
)
_MODEL: Schema = _object(
    "A model of the advisor.",
    {
        "id": {"type": "string", "enum": list(ModelName)},
        "object": {"type": "string", "const": "model"},
        "created": {"type": "integer", "description": "Unix seconds."},
        "owned_by": {"type": "string", "const": "petstore"},
    },
)
_MODELS: Schema = _object(
    "The models of the advisor.",
    {"object": {"type": "string", "const": "list"}, "data": {"type": "array", "items": _refer("ChatModel")}},
)
OPENAI_ERROR: Schema = _object(
    "A refusal as OpenAI's libraries read it.",
    {
        "message": {"type": "string", "description": "The problem's detail."},
        "type": {
            "type": "string",
            "enum": [
                "invalid_request_error",
                "authentication_error",
                "permission_error",
                "rate_limit_error",
                "server_error",
            ],
        },
        "param": _nullable("string", description="The first field at fault, as it was spelled."),
        "code": {"type": "string"},
    },
)

SCHEMAS: dict[str, Schema] = {
    "ChatRequest": _REQUEST,
    "ChatMessage": _MESSAGE,
    "ChatTextPart": _PART,
    "ChatCompletion": _COMPLETION,
    "ChatChoice": _CHOICE,
    "ChatAnnotation": _ANNOTATION,
    "ChatCitation": _CITATION,
    "ChatUsage": _USAGE,
    "ChatModel": _MODEL,
    "ChatModels": _MODELS,
    "OpenAIError": OPENAI_ERROR,
}
REQUEST_REFERENCE, COMPLETION_REFERENCE = _refer("ChatRequest"), _refer("ChatCompletion")
MODEL_REFERENCE, MODELS_REFERENCE = _refer("ChatModel"), _refer("ChatModels")

_MODEL_EXAMPLE: Schema = {
    "id": ModelName.PET_ADVISOR_1.value,
    "object": "model",
    "created": int(OFFERED_SINCE.timestamp()),
    "owned_by": "petstore",
}
_TEXT = "Bunny, 8 months old, is 45.00 USD. I am the store's automatic advisor and no veterinarian."
REQUEST_EXAMPLE = OpenApiExample(
    "Question",
    value={
        "model": ModelName.PET_ADVISOR_1.value,
        "messages": [{"role": "user", "content": "Which young rabbits do you have?"}],
    },
    request_only=True,
)
COMPLETION_EXAMPLE = OpenApiExample(
    "Answer",
    value={
        "id": "chatcmpl_0d6d0b2ef61b4a5e8a1a2b3c4d5e6f70",
        "object": "chat.completion",
        "created": 1766325383,
        "model": ModelName.PET_ADVISOR_1.value,
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": _TEXT,
                    "refusal": None,
                    "annotations": [
                        {
                            "type": "url_citation",
                            "url_citation": {
                                "url": f"https://petstore.example/v1/pets/{PET_ID}",
                                "title": "Bunny",
                                "start_index": 0,
                                "end_index": 5,
                            },
                        }
                    ],
                },
                "finishReason": "STOP",
                "finish_reason": "stop",
                "logprobs": None,
            }
        ],
        "usage": {
            "promptTokens": 6,
            "completionTokens": 25,
            "totalTokens": 31,
            "prompt_tokens": 6,
            "completion_tokens": 25,
            "total_tokens": 31,
        },
        "system_fingerprint": "embedded-2026.12",
    },
    response_only=True,
    status_codes=["201"],
)
STREAM_EXAMPLE = OpenApiExample(
    "Stream",
    value="data: {…}\n\ndata: [DONE]\n\n",
    response_only=True,
    status_codes=["200"],
    media_type="text/event-stream",
)
MODEL_EXAMPLE = OpenApiExample("Model", value=_MODEL_EXAMPLE, response_only=True, status_codes=["200"])
MODELS_EXAMPLE = OpenApiExample(
    "Models", value={"object": "list", "data": [_MODEL_EXAMPLE]}, response_only=True, status_codes=["200"]
)
