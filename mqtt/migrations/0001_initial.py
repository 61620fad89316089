"""The outbox of MQTT."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('tenants', '0002_shared_pool'),
    ]

    operations = [
        migrations.CreateModel(
            name='OutgoingEvent',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('event_type', models.CharField(max_length=40)),
                ('body', models.TextField()),
                ('ordering_key', models.UUIDField()),
                ('sequence', models.PositiveBigIntegerField()),
                ('attempts_made', models.PositiveIntegerField(default=0)),
                ('due_at', models.DateTimeField(null=True)),
                ('claim', models.UUIDField(null=True)),
                ('created_at', models.DateTimeField()),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='outgoing_event_due'), models.Index(fields=['ordering_key', 'sequence'], name='outgoing_event_order')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('due_at__isnull', False)), fields=('ordering_key',), name='outgoing_event_one_head')],
            },
        ),
    ]
