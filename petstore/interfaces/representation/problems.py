"""Problems as frames show them (contract, Errors)."""

from rest_framework import serializers

from petstore.interfaces.representation.fields import TextField, WholeNumberField
from petstore.interfaces.representation.serializers import OutputSerializer


class FieldFaultOutput(OutputSerializer):
    """A field at fault."""

    field = TextField(help_text="The field's name, dotted where nested.")
    message = TextField(help_text="The reason in words.")
    code = TextField(help_text="The reason as a stable word for programs.")

    class Meta:
        ref_name = "FieldFault"


class ProblemOutput(OutputSerializer):
    """A refusal (RFC 9457), the same as REST's."""

    type = serializers.URLField(help_text="The kind of problem: a stable URI for programs.")
    title = TextField(help_text="The kind of problem in words.")
    status = WholeNumberField(help_text="The status that REST answers with.")
    detail = TextField(help_text="What is wrong with this call.")
    instance = TextField(help_text="The place where it happened.")
    errors = FieldFaultOutput(many=True, required=False, help_text="The invalid fields, where it is about fields.")  # type: ignore[assignment]  # RFC 9457's name, and one of DRF's
    requestId = TextField(required=False, help_text="Of a defect of ours: the request's id in the service's log.")

    class Meta:
        ref_name = "Problem"
