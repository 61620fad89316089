"""The audit journal: events, its outbox and the hash chain."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('tenants', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('action', models.CharField(choices=[('ORDER_CREATED', 'Order Created'), ('ORDER_STATUS_CHANGED', 'Order Status Changed'), ('ORDER_CANCELLED', 'Order Cancelled'), ('ORDERS_EXPORTED', 'Orders Exported'), ('PAYMENT_SUCCEEDED', 'Payment Succeeded'), ('PAYMENT_FAILED', 'Payment Failed'), ('PAYMENT_CANCELLED', 'Payment Cancelled'), ('PAYMENT_REFUNDED', 'Payment Refunded'), ('REFUND_REFUSED', 'Refund Refused'), ('PAYER_ERASED', 'Payer Erased'), ('USER_CREATED', 'User Created'), ('USER_UPDATED', 'User Updated'), ('USER_STATUS_CHANGED', 'User Status Changed'), ('USER_DELETED', 'User Deleted'), ('LOGIN_FAILED', 'Login Failed'), ('PET_CREATED', 'Pet Created'), ('PET_UPDATED', 'Pet Updated'), ('PET_STATUS_CHANGED', 'Pet Status Changed'), ('PET_DELETED', 'Pet Deleted'), ('TENANT_CREATED', 'Tenant Created'), ('TENANT_UPDATED', 'Tenant Updated'), ('MEMBER_ADDED', 'Member Added'), ('MEMBER_REMOVED', 'Member Removed'), ('WEBHOOK_CREATED', 'Webhook Created'), ('WEBHOOK_UPDATED', 'Webhook Updated'), ('WEBHOOK_PAUSED', 'Webhook Paused'), ('WEBHOOK_DELETED', 'Webhook Deleted'), ('DELIVERY_REDELIVERED', 'Delivery Redelivered'), ('SECRET_REVEALED', 'Secret Revealed')], max_length=40)),
                ('entity_type', models.CharField(choices=[('ORDERS', 'Orders'), ('USERS', 'Users'), ('PETS', 'Pets'), ('PAYMENTS', 'Payments'), ('TENANTS', 'Tenants'), ('WEBHOOKS', 'Webhooks')], max_length=10)),
                ('entity_id', models.UUIDField(null=True)),
                ('actor_id', models.UUIDField(null=True)),
                ('details', models.JSONField(default=dict)),
                ('ip_address', models.GenericIPAddressField(null=True)),
                ('request_id', models.CharField(blank=True, max_length=128)),
                ('created_at', models.DateTimeField()),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant')),
            ],
            options={
                'verbose_name': 'journal entry',
                'verbose_name_plural': 'journal entries',
                'ordering': ('-created_at', '-id'),
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='ChainLink',
            fields=[
                ('position', models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ('digest', models.CharField(max_length=64)),
                ('key_id', models.CharField(max_length=16)),
                ('origin_salt', models.CharField(blank=True, max_length=32)),
                ('origin_digest', models.CharField(blank=True, max_length=64)),
                ('free_text_salt', models.CharField(blank=True, max_length=32)),
                ('free_text_digest', models.CharField(blank=True, max_length=64)),
                ('sealed_at', models.DateTimeField()),
                ('event', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='chain_link', to='events.auditevent')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant')),
            ],
            options={
                'ordering': ('position',),
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='PendingEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quarantined_at', models.DateTimeField(editable=False, null=True)),
                ('event', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='pending', to='events.auditevent')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(models.F('tenant'), models.OrderBy(models.F('created_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='event_newest_first'),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(models.F('tenant'), models.F('entity_id'), models.OrderBy(models.F('created_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='event_newest_of_entity'),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(models.F('tenant'), models.F('actor_id'), models.OrderBy(models.F('created_at'), descending=True), models.OrderBy(models.F('id'), descending=True), condition=models.Q(('actor_id__isnull', False)), name='event_newest_of_actor'),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(models.F('tenant'), models.F('action'), models.OrderBy(models.F('created_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='event_newest_of_action'),
        ),
        migrations.AddConstraint(
            model_name='auditevent',
            constraint=models.UniqueConstraint(fields=('tenant', 'id'), name='event_tenant_id'),
        ),
        migrations.AddIndex(
            model_name='chainlink',
            index=models.Index(condition=models.Q(('origin_salt', ''), _negated=True), fields=['position'], name='chain_link_with_origin'),
        ),
    ]
