"""The addresses of this room."""

from django.urls import URLPattern, URLResolver, path

from customers.views import around, customer, imports, listing

app_name = "customers"
# What stands here in a slug's place is in `rules.names.TAKEN`: no customer gets it.
urlpatterns: list[URLPattern | URLResolver] = [
    path("customers/", listing.listing, name="list"),
    path("customers/export/", listing.export, name="export"),
    path("customers/new/", customer.new, name="new"),
    path("customers/import/", imports.upload, name="import"),
    path("customers/import/sample/", imports.sample, name="import_sample"),
    path("customers/import/<int:pk>/", imports.trial, name="import_trial"),
    path("customers/import/<int:pk>/apply/", imports.apply, name="import_apply"),
    path("customers/<slug:slug>/", customer.page, name="customer"),
    path("customers/<slug:slug>/edit/", customer.edit, name="edit"),
    path("customers/<slug:slug>/confirm/", customer.confirm, name="confirm"),
    path("customers/<slug:slug>/merge/", customer.merge, name="merge"),
    path("customers/<slug:slug>/set-aside/", customer.set_aside, name="set_aside"),
    path("customers/<slug:slug>/bring-back/", customer.bring_back, name="bring_back"),
    path("customers/<slug:slug>/names/", around.alias_add, name="alias_add"),
    path("customers/<slug:slug>/names/remove/", around.alias_remove, name="alias_remove"),
    path("customers/<slug:slug>/holidays/", around.holiday_add, name="holiday_add"),
    path("customers/<slug:slug>/holidays/remove/", around.holiday_remove, name="holiday_remove"),
    path("customers/<slug:slug>/contacts/new/", around.contact_new, name="contact_new"),
    path("customers/<slug:slug>/contacts/<int:pk>/", around.contact, name="contact"),
    path("customers/<slug:slug>/contacts/<int:pk>/remove/", around.contact_remove, name="contact_remove"),
    path("customers/<slug:slug>/contacts/<int:pk>/bring-back/", around.contact_back, name="contact_back"),
]
