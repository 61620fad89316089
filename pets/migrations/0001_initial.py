"""Pets and their photos."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('tenants', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Pet',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('species', models.CharField(choices=[('DOG', 'Dog'), ('CAT', 'Cat'), ('RABBIT', 'Rabbit'), ('BIRD', 'Bird'), ('REPTILE', 'Reptile'), ('OTHER', 'Other')], max_length=7)),
                ('name', models.CharField(max_length=50)),
                ('breed', models.CharField(blank=True, max_length=100)),
                ('age_months', models.PositiveIntegerField()),
                ('size', models.CharField(blank=True, choices=[('SMALL', 'Small'), ('MEDIUM', 'Medium'), ('LARGE', 'Large')], max_length=6)),
                ('color', models.CharField(blank=True, max_length=50)),
                ('gender', models.CharField(blank=True, choices=[('MALE', 'Male'), ('FEMALE', 'Female'), ('UNKNOWN', 'Unknown')], max_length=7)),
                ('good_with_kids', models.BooleanField(blank=True, null=True)),
                ('price', models.DecimalField(decimal_places=2, max_digits=12, validators=[django.core.validators.MinValueValidator(0)])),
                ('currency', models.CharField(default='USD', max_length=3)),
                ('description', models.TextField(blank=True, max_length=5000)),
                ('status', models.CharField(choices=[('AVAILABLE', 'Available'), ('PENDING', 'Pending'), ('ADOPTED', 'Adopted'), ('NOT_AVAILABLE', 'Not Available')], default='AVAILABLE', max_length=13)),
                ('is_held', models.BooleanField(default=False, editable=False)),
                ('spayed_neutered', models.BooleanField(default=False)),
                ('vaccinated', models.BooleanField(default=False)),
                ('microchipped', models.BooleanField(default=False)),
                ('special_needs', models.BooleanField(default=False)),
                ('health_notes', models.TextField(blank=True, max_length=5000)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('created_at', models.DateTimeField(editable=False)),
                ('updated_at', models.DateTimeField(editable=False)),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant')),
            ],
            options={
                'ordering': ('created_at', 'id'),
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='PetPhoto',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file', models.FileField(blank=True, upload_to='pets/')),
                ('url', models.URLField(blank=True, max_length=500)),
                ('created_at', models.DateTimeField(editable=False)),
                ('pet', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='photos', to='pets.pet')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant')),
            ],
            options={
                'ordering': ('id',),
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddIndex(
            model_name='pet',
            index=models.Index(fields=['tenant', 'status', 'created_at', 'id'], name='pet_by_status'),
        ),
        migrations.AddIndex(
            model_name='pet',
            index=models.Index(fields=['tenant', 'created_at', 'id'], name='pet_oldest_first'),
        ),
        migrations.AddIndex(
            model_name='pet',
            index=models.Index(models.F('tenant'), models.F('status'), models.F('species'), name='pet_inventory'),
        ),
        migrations.AddConstraint(
            model_name='pet',
            constraint=models.UniqueConstraint(fields=('tenant', 'id'), name='pet_tenant_id'),
        ),
        migrations.AddConstraint(
            model_name='pet',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ('AVAILABLE', 'PENDING', 'ADOPTED', 'NOT_AVAILABLE'))), name='pet_status_known'),
        ),
        migrations.AddConstraint(
            model_name='pet',
            constraint=models.CheckConstraint(condition=models.Q(('price__gte', 0)), name='pet_price_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='pet',
            constraint=models.CheckConstraint(condition=models.Q(('is_held', False), ('status', 'PENDING'), _connector='OR'), name='pet_held_is_pending'),
        ),
        migrations.AddIndex(
            model_name='petphoto',
            index=models.Index(fields=['tenant', 'pet', 'id'], name='photo_of_pet'),
        ),
        migrations.AddConstraint(
            model_name='petphoto',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('file', ''), _negated=True), models.Q(('url', ''), _negated=True), _connector='XOR'), name='photo_has_one_source'),
        ),
    ]
