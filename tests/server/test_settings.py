"""A wrong setting stops the start."""

from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from petstore.server.checks import PRODUCTION
from petstore.settings.misspelt import refuse_misspelt_names
from tests.certificates import make_certificate
from tests.server.settings_start import start, values_of


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "maybe"),
        ("DATABASE_URL", "mysql://somewhere/store"),
        ("RATE_LIMIT", "100/fortnight"),
        ("LOGIN_RATE_LIMIT", "many"),
        ("ANONYMOUS_ORDER_LIMIT", "0"),
        ("TENANT_AUTO_PROVISION", "sometimes"),
        ("TRUSTED_PROXIES", "10.0.0.0/33"),
        ("OUTBOUND_ALLOW", "localhost"),
        ("OUTBOUND_ALLOW", "localhost:65536"),
        ("OUTBOUND_ALLOW", "[fe80::zz]:9000"),
        ("CORS_ALLOWED_ORIGINS", "*"),
        ("CORS_ALLOWED_ORIGINS", "null"),
        ("CORS_ALLOWED_ORIGINS", "shop.example"),
        ("CORS_ALLOWED_ORIGINS", "https://shop.example/"),
        ("CORS_ALLOWED_ORIGINS", "https://shop.example,https://*.shop.example"),
        ("CORS_ALLOWED_ORIGINS", "https://shop.example:443"),
        ("CORS_ALLOWED_ORIGINS", "http://localhost:65536"),
        ("PAYMENT_GATEWAY", "cash"),
        ("METRICS_PUBLIC", "2"),
        ("LOG_FORMAT", "xml"),
        ("GRPC_PORT", "65536"),
        ("GRPC_PORT", "-1"),
        ("GRPC_PORT", "grpc"),
        ("GRPC_TLS_CERT", "/nowhere.pem"),
        ("MQTT_URL", "http://broker.example"),
        ("MQTT_URL", "broker.example:1883"),
        ("MQTT_URL", "mqtt://broker.example:65536"),
        ("MQTT_URL", "mqtt://broker.example/topic"),
        ("MQTT_TOPIC_PREFIX", "shop/#"),
        ("MQTT_TOPIC_PREFIX", "+/shop"),
        ("MQTT_TOPIC_PREFIX", "/shop/"),
    ],
)
def test_a_malformed_value_stops_the_start_with_its_name(name: str, value: str) -> None:
    done = start("dev", {name: value})
    assert done.code == 1
    assert f"ImproperlyConfigured: {name} must be" in done.said


@pytest.mark.parametrize("line", ["ALOWED_HOSTS=shop.example", "export ALLOWED_HOST = 'shop.example'"])
def test_a_misspelt_name_in_dotenv_is_told_with_the_right_one(tmp_path: Path, line: str) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text(f"# ALLLOWED_HOSTS=other.example\nDEBUG=off\n{line}\n")
    with pytest.raises(ImproperlyConfigured, match=r"in \.env is no setting: ALLOWED_HOSTS must be meant"):
        refuse_misspelt_names(dotenv, {"ALLOWED_HOSTS", "DEBUG", "PUBLIC_URL"})


def test_names_of_other_programs_in_dotenv_are_left_alone(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("ALLOWED_HOSTS=shop.example\nPOSTGRES_PASSWORD=x\nTZ=UTC\nPETSTORE_ADMIN_PASSWORD=x\n")
    refuse_misspelt_names(dotenv, {"ALLOWED_HOSTS"})
    refuse_misspelt_names(tmp_path / "none", {"ALLOWED_HOSTS"})


@pytest.mark.parametrize(
    ("name", "told"), [("ALOWED_HOSTS", {"ALOWED_HOSTS": "ALLOWED_HOSTS"}), ("POSTGRES_PASSWORD", {})]
)
def test_a_misspelt_name_in_the_environment_is_told(settings: Settings, name: str, told: dict[str, str]) -> None:
    settings.MISSPELT_VARIABLES = values_of("dev", {name: "shop.example"}, "MISSPELT")["MISSPELT_VARIABLES"]
    assert told == settings.MISSPELT_VARIABLES
    said = [message.msg for message in run_checks(tags=[PRODUCTION]) if message.id == "petstore.W013"]
    assert said == [f"{name} in the environment is no setting: is {meant} meant?" for meant in told.values()]


def test_settings_modules_are_not_named_in_dotenv_where_it_comes_too_late(tmp_path: Path) -> None:
    """Whoever means production there would get a laptop's settings."""
    dotenv = tmp_path / ".env"
    dotenv.write_text("DJANGO_SETTINGS_MODULE=petstore.settings.prod\n")
    with pytest.raises(ImproperlyConfigured, match="DJANGO_SETTINGS_MODULE must be set in the environment"):
        refuse_misspelt_names(dotenv, set())


@pytest.mark.parametrize(("value", "limit"), [("", 20), ("off", None), ("OFF", None), ("5", 5)])
def test_how_many_unpaid_orders_an_address_may_hold_is_a_number_or_off(value: str, limit: int | None) -> None:
    changed = {"ANONYMOUS_ORDER_LIMIT": value}
    assert values_of("dev", changed, "ANONYMOUS_ORDER_LIMIT") == {"ANONYMOUS_ORDER_LIMIT": limit}


@pytest.mark.parametrize(
    ("value", "port", "is_named"), [("", 50_051, False), ("0", 0, True), ("50051", 50_051, True), ("6000", 6000, True)]
)
def test_the_port_of_grpc_has_a_default_and_may_be_off(value: str, port: int, is_named: bool) -> None:
    assert values_of("dev", {"GRPC_PORT": value}, "GRPC_PORT") == {"GRPC_PORT": port}
    assert values_of("dev", {"GRPC_PORT": value}, "IS_GRPC") == {"IS_GRPC_PORT_NAMED": is_named}


class TestTLSOfGrpc:
    """Both files or none, readable, and of one pair."""

    def test_a_certificate_with_its_key_is_taken(self, pair: tuple[Path, Path]) -> None:
        certificate, key = pair
        variables = {"GRPC_TLS_CERT": str(certificate), "GRPC_TLS_KEY": str(key)}
        assert values_of("dev", variables, "GRPC_TLS") == variables

    @pytest.mark.parametrize(
        ("given", "missing"), [("GRPC_TLS_CERT", "GRPC_TLS_KEY"), ("GRPC_TLS_KEY", "GRPC_TLS_CERT")]
    )
    def test_one_without_the_other_is_refused(self, pair: tuple[Path, Path], given: str, missing: str) -> None:
        path = pair[given == "GRPC_TLS_KEY"]
        assert f"{missing} must be set where {given} is" in start("dev", {given: str(path)}).said

    def test_a_key_of_another_certificate_is_refused(self, pair: tuple[Path, Path], tmp_path: Path) -> None:
        other = make_certificate(tmp_path / "other")[1]
        for key in (other, tmp_path / "nowhere.pem"):
            done = start("dev", {"GRPC_TLS_CERT": str(pair[0]), "GRPC_TLS_KEY": str(key)})
            assert (done.code, "GRPC_TLS_KEY must be a readable PEM file" in done.said) == (1, True)

    def test_a_file_that_is_no_certificate_is_refused(self, pair: tuple[Path, Path]) -> None:
        done = start("dev", {"GRPC_TLS_CERT": str(pair[1]), "GRPC_TLS_KEY": str(pair[1])})
        assert "GRPC_TLS_CERT must be a readable PEM file" in done.said

    @pytest.fixture
    def pair(self, tmp_path: Path) -> tuple[Path, Path]:
        return make_certificate(tmp_path)
