"""Coordinators' accounts and their logins. Passwords are hashed by the caller, never here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from bot.store.crypto import new_id
from bot.store.database import Database, insert_new
from bot.store.errors import NotFound
from bot.store.tables import LoginSession, User

CHANGEABLE = frozenset(
    {
        "password_hash",
        "role",
        "disabled",
        "must_change_password",
        "totp_secret",
        "totp_confirmed_at",
        "totp_last_step",
        "failed_logins",
        "locked_until",
        "last_login_at",
    }
)


@dataclass(frozen=True, slots=True)
class Account:
    """A coordinator's account."""

    id: str
    username: str
    password_hash: str
    role: str
    disabled: bool
    must_change_password: bool
    totp_secret: str | None
    totp_confirmed_at: datetime | None
    totp_last_step: int | None
    failed_logins: int
    locked_until: datetime | None
    created_at: datetime
    last_login_at: datetime | None


@dataclass(frozen=True, slots=True)
class Login:
    """A session of a browser and the account it belongs to."""

    account: Account
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    second_factor: bool


def _account(row: User) -> Account:
    return Account(**{name: getattr(row, name) for name in Account.__dataclass_fields__})


class Users:
    """Accounts, looked up by name (compared without regard to case)."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def create(
        self, username: str, password_hash: str, role: str, *, must_change_password: bool = True
    ) -> Account | None:
        """A new account, or None when the name is taken."""
        with self._db.write() as session:
            user_id = new_id()
            values = {
                "id": user_id,
                "username": username.strip().lower(),
                "password_hash": password_hash,
                "role": role,
                "disabled": False,
                "must_change_password": must_change_password,
                "failed_logins": 0,
                "created_at": self._db.now(),
            }
            if not insert_new(session, User, values):
                return None
            return _account(session.get_one(User, user_id))

    def by_name(self, username: str) -> Account | None:
        """The account with this name."""
        with self._db.read() as session:
            row = session.scalar(select(User).where(User.username == username.strip().lower()))
            return _account(row) if row else None

    def get(self, user_id: str) -> Account | None:
        """The account with this id."""
        with self._db.read() as session:
            row = session.get(User, user_id)
            return _account(row) if row else None

    def all(self) -> list[Account]:
        """Every account, by name."""
        with self._db.read() as session:
            return [_account(row) for row in session.scalars(select(User).order_by(User.username))]

    def count(self) -> int:
        """How many accounts there are."""
        with self._db.read() as session:
            return session.scalar(select(func.count(User.id))) or 0

    def change(self, user_id: str, **values: Any) -> Account:
        """Set columns of CHANGEABLE; disabling or a new password ends the account's sessions."""
        if unknown := set(values) - CHANGEABLE:
            raise ValueError(f"not changeable: {', '.join(sorted(unknown))}")
        with self._db.write() as session:
            row = self._locked(session, user_id)
            for name, value in values.items():
                setattr(row, name, value)
            if values.get("disabled") or "password_hash" in values:
                session.execute(delete(LoginSession).where(LoginSession.user_id == user_id))
            return _account(row)

    def record_failure(self, user_id: str, limit: int, locked_until: datetime) -> Account:
        """Count a failed login; from `limit` on the account is locked. Counted in the database."""
        with self._db.write() as session:
            row = self._locked(session, user_id)
            row.failed_logins += 1
            if row.failed_logins >= limit:
                row.locked_until = locked_until
            return _account(row)

    def use_totp_step(self, user_id: str, step: int) -> bool:
        """Use a one-time code's time step; False when it or a later one was used before."""
        with self._db.write() as session:
            changed = session.execute(
                update(User)
                .where(User.id == user_id)
                .where(or_(User.totp_last_step.is_(None), User.totp_last_step < step))
                .values(totp_last_step=step)
                .returning(User.id)
            )
            return changed.first() is not None

    def _locked(self, session: Session, user_id: str) -> User:
        row = session.get(User, user_id, with_for_update=True, populate_existing=True)
        if row is None:
            raise NotFound(user_id)
        return row


def token_hash(token: str) -> str:
    """A session token has 256 random bits, so a plain hash hides it."""
    return hashlib.sha256(token.encode()).hexdigest()


class Sessions:
    """Logged-in browsers. The token is given out once and kept as a hash."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def open(
        self,
        user_id: str,
        expires_at: datetime,
        idle_expires_at: datetime,
        *,
        second_factor: bool = False,
    ) -> str:
        """A new session; gives the token for the cookie."""
        token, now = new_id(32), self._db.now()
        with self._db.write() as session:
            session.add(
                LoginSession(
                    token_hash=token_hash(token),
                    user_id=user_id,
                    created_at=now,
                    last_seen_at=now,
                    idle_expires_at=idle_expires_at,
                    expires_at=expires_at,
                    second_factor=second_factor,
                )
            )
        return token

    def find(self, token: str) -> Login | None:
        """The live session of a token, unless it has expired or its account is disabled."""
        now = self._db.now()
        with self._db.read() as session:
            row = session.get(LoginSession, token_hash(token))
            if row is None or min(row.expires_at, row.idle_expires_at) <= now:
                return None
            user = session.get_one(User, row.user_id)
            if user.disabled:
                return None
            return Login(
                _account(user), row.created_at, row.last_seen_at, row.expires_at, row.second_factor
            )

    def touch(self, token: str, idle_expires_at: datetime) -> None:
        """The session was used."""
        with self._db.write() as session:
            session.execute(
                update(LoginSession)
                .where(LoginSession.token_hash == token_hash(token))
                .values(last_seen_at=self._db.now(), idle_expires_at=idle_expires_at)
            )

    def close(self, token: str) -> None:
        """Log out."""
        with self._db.write() as session:
            session.execute(
                delete(LoginSession).where(LoginSession.token_hash == token_hash(token))
            )

    def close_all(self, user_id: str) -> None:
        """Log an account out everywhere."""
        with self._db.write() as session:
            session.execute(delete(LoginSession).where(LoginSession.user_id == user_id))

    def purge(self) -> int:
        """Remove expired sessions."""
        now = self._db.now()
        with self._db.write() as session:
            gone = session.execute(
                delete(LoginSession)
                .where(or_(LoginSession.expires_at <= now, LoginSession.idle_expires_at <= now))
                .returning(LoginSession.token_hash)
            ).all()
            return len(gone)
