"""The host's own models, for SQLAlchemy."""

from uuid import uuid4

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Facilitator(Base):
    __tablename__ = "facilitators"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: str(uuid4()))
    name: Mapped[str] = mapped_column(default="F")
    subdomain: Mapped[str]
    owner_address: Mapped[str]
