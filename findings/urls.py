"""Routes of the ledger. /accounts/ has its own."""

from django.urls import path

from findings.views import dashboard, evidence, help, inbox, ledger, measure, paper, report, steps, work

urlpatterns = [
    path("", work.my_work, name="my_work"),
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("campaigns/<slug:slug>/ledger/", ledger.ledger, name="ledger"),
    path("measures/<int:pk>/", measure.measure_detail, name="measure_detail"),
    path("measures/<int:pk>/steps/<slug:name>/", steps.measure_step, name="measure_step"),
    path("progress/<int:pk>/steps/<slug:name>/", steps.progress_step, name="progress_step"),
    path("closures/<int:pk>/steps/<slug:name>/", steps.closure_step, name="closure_step"),
    path("extensions/<int:pk>/steps/<slug:name>/", steps.extension_step, name="extension_step"),
    path("evidence/<int:pk>/", evidence.evidence_download, name="evidence_download"),
    path("evidence/<int:pk>/steps/<slug:name>/", steps.evidence_step, name="evidence_step"),
    path("campaigns/<slug:slug>/documents/", paper.document_list, name="document_list"),
    path("campaigns/<slug:slug>/meetings/", paper.meeting_list, name="meeting_list"),
    path("reports/", report.report_list, name="report_list"),
    path("reports/compile/", report.report_compile, name="report_compile"),
    path("reports/<int:pk>/", report.report_detail, name="report_detail"),
    path("reports/<int:pk>/issue/", report.report_issue, name="report_issue"),
    path("reports/<int:pk>/<slug:name>/", report.report_file, name="report_file"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/read/", inbox.inbox_read, name="inbox_read"),
    path("inbox/<int:pk>/", inbox.message_open, name="message_open"),
    path("help/", help.help_page, name="help"),
]
