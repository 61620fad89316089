"""Tenants."""

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Tenant',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=100)),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('status', models.CharField(choices=[('ACTIVE', 'Active'), ('SUSPENDED', 'Suspended')], default='ACTIVE', max_length=9)),
                ('access', models.CharField(choices=[('OPEN', 'Open'), ('MEMBERS', 'Members')], default='OPEN', max_length=7)),
                ('created_at', models.DateTimeField(editable=False)),
                ('updated_at', models.DateTimeField(editable=False)),
            ],
            options={
                'ordering': ('name', 'id'),
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ('ACTIVE', 'SUSPENDED'))), name='tenant_status_known'), models.CheckConstraint(condition=models.Q(('access__in', ('OPEN', 'MEMBERS'))), name='tenant_access_known')],
            },
        ),
    ]
