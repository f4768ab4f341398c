"""The host's own models, for Django."""

from uuid import uuid4

from django.db import models


class Facilitator(models.Model):
    id = models.TextField(primary_key=True, default=uuid4)
    name = models.TextField(default="F")
    subdomain = models.TextField()
    owner_address = models.TextField()

    class Meta:
        app_label = "host"
        db_table = "facilitators"
        managed = False
