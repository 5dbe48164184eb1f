"""Settings from the environment or `.env`; a malformed one is named, never a traceback."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parents[1]
VAR = ROOT / "var"
# Where `intake run` keeps a key of its own when none is set: for a laptop, not for a hospital.
KEY_FILE = VAR / "data.key"


class SettingMissing(RuntimeError):
    """A setting that this command needs is missing; the text names it."""


class Settings(BaseSettings):
    """Names as in `.env.example`; database addresses are plain, the driver is ours to choose."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", populate_by_name=True)

    database_url: str = Field(f"sqlite:///{VAR / 'intake.db'}", alias="INTAKE_DATABASE_URL")
    redis_url: str | None = Field(None, alias="INTAKE_REDIS_URL")
    engine_url: str = Field("http://127.0.0.1:5005", alias="INTAKE_ENGINE_URL")
    engine_token: SecretStr | None = Field(None, alias="INTAKE_ENGINE_TOKEN")
    actions_url: str = Field("http://127.0.0.1:5055", alias="INTAKE_ACTIONS_URL")
    public_url: str = Field("http://127.0.0.1:8000", alias="INTAKE_PUBLIC_URL")
    host: str = Field("127.0.0.1", alias="INTAKE_HOST")
    port: int = Field(8000, alias="INTAKE_PORT")
    # Addresses or networks of the TLS proxies in front; only theirs is X-Forwarded-For believed.
    trusted_proxies: str | None = Field(None, alias="INTAKE_TRUSTED_PROXIES")
    # Who asks for /metrics must show it; unset: figures are for our own network only.
    metrics_token: SecretStr | None = Field(None, alias="INTAKE_METRICS_TOKEN")
    # Fernet keys, newest first; comma-separated.
    data_keys: SecretStr | None = Field(None, alias="INTAKE_DATA_KEYS")
    files_url: str = Field(f"file://{VAR / 'files'}", alias="INTAKE_FILES_URL")

    # How often Twilio's own list is looked through for messages that never arrived, in seconds.
    reconcile_seconds: float = Field(300.0, ge=1, alias="INTAKE_RECONCILE_SECONDS")
    # How long a messenger's short texts wait for more of the same person, in seconds.
    message_pause: float = Field(2.0, ge=0, le=30, alias="INTAKE_MESSAGE_PAUSE_SECONDS")
    # A ClamAV daemon that checks received files: unix:///path or tcp://host:port.
    clamav: str | None = Field(None, alias="INTAKE_CLAMAV")

    telegram_bot_token: SecretStr | None = Field(None, alias="TELEGRAM_BOT_TOKEN")
    telegram_webhook_secret: SecretStr | None = Field(None, alias="TELEGRAM_WEBHOOK_SECRET")
    telegram_api_url: str = Field("https://api.telegram.org", alias="TELEGRAM_API_URL")
    # "webhook", "polling" (a laptop without a public address); unset: webhook if a secret is set.
    telegram_mode: str | None = Field(None, alias="TELEGRAM_MODE")

    twilio_account_sid: str | None = Field(None, alias="TWILIO_ACCOUNT_SID")
    twilio_auth_token: SecretStr | None = Field(None, alias="TWILIO_AUTH_TOKEN")
    twilio_whatsapp_from: str | None = Field(None, alias="TWILIO_WHATSAPP_FROM")
    twilio_api_url: str = Field("https://api.twilio.com", alias="TWILIO_API_URL")

    # How long data is kept, in days (docs/privacy.md); 0: until the person or the hospital erases.
    keep_conversations: int = Field(0, ge=0, le=36_500, alias="INTAKE_KEEP_CONVERSATIONS_DAYS")
    keep_files: int = Field(0, ge=0, le=36_500, alias="INTAKE_KEEP_FILES_DAYS")
    keep_marks: int = Field(0, ge=0, le=36_500, alias="INTAKE_KEEP_MARKS_DAYS")
    keep_replies: int = Field(30, ge=1, le=36_500, alias="INTAKE_KEEP_REPLIES_DAYS")
    keep_receipts: int = Field(90, ge=7, le=36_500, alias="INTAKE_KEEP_RECEIPTS_DAYS")

    # Reminders of missing records: after so many hours of silence (0: none), so often at most.
    reminder_hours: float = Field(72.0, ge=0, le=24 * 365, alias="INTAKE_REMINDER_HOURS")
    reminder_most: int = Field(2, ge=0, le=20, alias="INTAKE_REMINDER_MOST")
    # Content templates for buttons, lists and "you have an answer": "quick-2=HX...,reopen=HX...".
    twilio_content_sids: str | None = Field(None, alias="TWILIO_CONTENT_SIDS")
    # Approved templates a coordinator may send after the 24 hours, each with the words of a phrase
    # of the console: "reading=HX...,reading.es=HX...".
    reply_templates: str | None = Field(None, alias="TWILIO_REPLY_TEMPLATES")
    # Whether WhatsApp shows that an answer is being written (a public beta of Twilio).
    twilio_typing: bool = Field(True, alias="TWILIO_TYPING")
    # Twilio's id of the approved template for a reminder outside the 24 hours; its only
    # variable {{1}} is the case number. Unset: no reminder goes out then.
    twilio_reminder_template: str | None = Field(None, alias="TWILIO_REMINDER_TEMPLATE")

    @property
    def keys(self) -> tuple[str, ...]:
        """Data keys, newest first: from the environment, or the key file that `intake run` made."""
        if self.data_keys:
            return tuple(
                k.strip() for k in self.data_keys.get_secret_value().split(",") if k.strip()
            )
        if KEY_FILE.exists():
            return tuple(KEY_FILE.read_text(encoding="ascii").split())
        raise SettingMissing("INTAKE_DATA_KEYS is not set (make one with: intake keys new)")

    @property
    def whatsapp_on(self) -> bool:
        """WhatsApp is on when account, token and sender are all set."""
        return bool(
            self.twilio_account_sid and self.twilio_auth_token and self.twilio_whatsapp_from
        )

    @property
    def telegram_on(self) -> bool:
        """Telegram is on when there is a bot token."""
        return bool(self.telegram_bot_token)


@cache
def settings() -> Settings:
    """The settings of this process, read once; a malformed one is named in one line."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingMissing(f"{first['loc'][0]} is malformed: {first['msg']}") from None
