"""Payments and daily revenue."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('orders', '0001_initial'),
        ('tenants', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='SandboxEntry',
            fields=[
                ('key', models.CharField(max_length=100, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=6)),
                ('outcome', models.CharField(max_length=10)),
                ('reference', models.CharField(max_length=64)),
                ('amount', models.DecimalField(decimal_places=2, max_digits=12)),
                ('currency', models.CharField(max_length=3)),
                ('code', models.CharField(blank=True, max_length=64)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'verbose_name_plural': 'sandbox entries',
            },
        ),
        migrations.CreateModel(
            name='DailyRevenue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('currency', models.CharField(max_length=3)),
                ('shard', models.PositiveSmallIntegerField()),
                ('payments', models.BigIntegerField()),
                ('cents', models.BigIntegerField()),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['day'], name='daily_revenue_of_day')],
                'constraints': [models.UniqueConstraint(fields=('tenant', 'day', 'currency', 'shard'), name='daily_revenue_shard_once')],
            },
        ),
        migrations.CreateModel(
            name='Payment',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('amount', models.DecimalField(decimal_places=2, max_digits=12)),
                ('currency', models.CharField(max_length=3)),
                ('source', models.JSONField()),
                ('status', models.CharField(choices=[('PENDING', 'Pending'), ('PROCESSING', 'Processing'), ('SUCCEEDED', 'Succeeded'), ('FAILED', 'Failed'), ('CANCELLED', 'Cancelled'), ('REFUNDED', 'Refunded')], default='PROCESSING', max_length=10)),
                ('gateway', models.CharField(max_length=20)),
                ('reference', models.CharField(blank=True, max_length=255)),
                ('failure_code', models.CharField(blank=True, max_length=64)),
                ('refund_attempt', models.PositiveSmallIntegerField(default=0)),
                ('refund_reference', models.CharField(blank=True, max_length=255)),
                ('refund_requested_at', models.DateTimeField(blank=True, null=True)),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('version', models.PositiveIntegerField(default=1)),
                ('created_at', models.DateTimeField()),
                ('updated_at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('order', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='orders.order')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant')),
            ],
            options={
                'ordering': ('-created_at', '-id'),
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['tenant', 'order', 'id'], name='payment_of_order'), models.Index(models.F('tenant'), models.OrderBy(models.F('created_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='payment_newest_first'), models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='payment_due')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('status__in', ('PENDING', 'PROCESSING', 'SUCCEEDED'))), fields=('tenant', 'order'), name='payment_live_once_per_order'), models.CheckConstraint(condition=models.Q(('status__in', ('PENDING', 'PROCESSING', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'REFUNDED'))), name='payment_status_known'), models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='payment_amount_not_negative')],
            },
        ),
    ]
