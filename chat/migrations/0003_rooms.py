"""Add support rooms, their messages, and how far somebody has read."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0002_tenant_walls"),
        ("tenants", "0002_shared_pool"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Room",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                (
                    "status",
                    models.CharField(
                        choices=[("OPEN", "Open"), ("CLOSED", "Closed")], default="OPEN", editable=False, max_length=6
                    ),
                ),
                ("number", models.PositiveBigIntegerField(default=0, editable=False)),
                ("agent_id", models.UUIDField(editable=False, null=True)),
                ("agent_name", models.CharField(blank=True, editable=False, max_length=150)),
                ("agent_number", models.PositiveBigIntegerField(default=0, editable=False)),
                ("closed_number", models.PositiveBigIntegerField(default=0, editable=False)),
                ("waiting_since", models.DateTimeField(editable=False, null=True)),
                ("last_message_at", models.DateTimeField(editable=False, null=True)),
                ("created_at", models.DateTimeField(editable=False)),
                ("closed_at", models.DateTimeField(editable=False, null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "-id"),
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="RoomMessage",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveBigIntegerField()),
                ("sender_id", models.UUIDField()),
                ("sender_name", models.CharField(blank=True, max_length=150)),
                ("role", models.CharField(choices=[("CUSTOMER", "Customer"), ("AGENT", "Agent")], max_length=8)),
                ("client_id", models.CharField(max_length=64)),
                ("text", models.TextField(blank=True, max_length=4000)),
                ("sent_at", models.DateTimeField()),
                (
                    "room",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="chat.room",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "ordering": ("number",),
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="RoomReading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reader_id", models.UUIDField()),
                ("reader_name", models.CharField(blank=True, max_length=150)),
                ("message_id", models.UUIDField()),
                ("message_number", models.PositiveBigIntegerField()),
                ("number", models.PositiveBigIntegerField()),
                (
                    "room",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="readings",
                        to="chat.room",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.AddIndex(
            model_name="room",
            index=models.Index(
                models.F("tenant"),
                models.F("waiting_since"),
                models.OrderBy(models.F("created_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="room_by_urgency",
            ),
        ),
        migrations.AddIndex(
            model_name="room",
            index=models.Index(
                models.F("tenant"),
                models.F("customer"),
                models.OrderBy(models.F("created_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="room_of_customer",
            ),
        ),
        migrations.AddIndex(
            model_name="room",
            index=models.Index(
                condition=models.Q(("agent_id__isnull", False)), fields=["agent_id"], name="room_of_agent"
            ),
        ),
        migrations.AddIndex(
            model_name="room",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", False)), fields=["closed_at"], name="room_closed"
            ),
        ),
        migrations.AddConstraint(
            model_name="room",
            constraint=models.UniqueConstraint(fields=("tenant", "id"), name="room_tenant_id"),
        ),
        migrations.AddConstraint(
            model_name="room",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at__isnull", True), ("closed_number", 0), ("status", "OPEN")),
                    models.Q(
                        ("closed_at__isnull", False),
                        ("closed_number__gt", 0),
                        ("status", "CLOSED"),
                        ("waiting_since__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="room_closed_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="room",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("agent_id__isnull", True), ("agent_number", 0)),
                    models.Q(("agent_id__isnull", False), ("agent_number__gt", 0)),
                    _connector="OR",
                ),
                name="room_agent_whole",
            ),
        ),
        migrations.AddIndex(
            model_name="roommessage",
            index=models.Index(fields=["sender_id"], name="room_message_of_sender"),
        ),
        migrations.AddConstraint(
            model_name="roommessage",
            constraint=models.UniqueConstraint(fields=("tenant", "room", "number"), name="room_message_number"),
        ),
        migrations.AddConstraint(
            model_name="roommessage",
            constraint=models.UniqueConstraint(
                fields=("tenant", "room", "sender_id", "client_id"), name="room_message_once"
            ),
        ),
        migrations.AddIndex(
            model_name="roomreading",
            index=models.Index(fields=["reader_id"], name="room_reading_of_reader"),
        ),
        migrations.AddConstraint(
            model_name="roomreading",
            constraint=models.UniqueConstraint(fields=("tenant", "room", "reader_id"), name="room_reading_once"),
        ),
    ]
