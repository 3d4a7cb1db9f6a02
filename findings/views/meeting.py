"""The page of a meeting with what it decided, and the forms that record and correct it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.decorators import SignedRequest, form_page, note_refusal, refuse
from accounts.models import User
from accounts.timeline import Change, Moment
from accounts.versioned import status_of
from findings import dates
from findings.forms.paper import MeetingForm
from findings.models import Campaign, Measure, Meeting, MeetingMeasure
from findings.views.chosen import campaign_or_404, settle_campaign
from findings.views.timeline import read_history, told
from findings.views.verbs import done, measures_named
from findings.workflow.document import edit_meeting, record_meeting, recording_refusal

_TOLD = ("kind", "held_on", "title", "decisions")


@require_safe
def meeting_detail(request: SignedRequest, pk: int) -> HttpResponse:
    """One meeting: its decisions in all and on single measures, and what happened to its record."""
    meeting = get_object_or_404(Meeting.objects.visible_to(request.user).select_related("campaign__court"), pk=pk)
    settle_campaign(request, meeting.campaign)
    today = dates.today()
    refusal = recording_refusal(request.user, meeting.campaign, today)
    decided = MeetingMeasure.objects.visible_to(request.user).filter(meeting=meeting, is_active=True)
    return render(request, "findings/meeting_detail.html", {
        "meeting": meeting, "campaign": meeting.campaign, "refusal": refusal, "on": meeting.campaign.as_of(today),
        "decided": decided.select_related("measure__lead_department"), "moments": _moments(meeting),
    })  # fmt: skip


@form_page
def meeting_new(request: SignedRequest, slug: str) -> HttpResponse:
    """Put a meeting on record."""
    campaign = campaign_or_404(request, slug)
    refusal = recording_refusal(request.user, campaign, dates.today())
    if refusal:
        refuse(request, refusal)
    form = MeetingForm(None, *([request.POST] if request.method == "POST" else []))
    made: list[Meeting] = []

    def record() -> None:
        decided = _decided(form, campaign, request.user)
        made.append(record_meeting(campaign, by=request.user, decided=decided, **form.facts()))

    if form.is_valid() and done(request, form, record):
        messages.success(request, _("The meeting is on record."))
        return redirect("meeting_detail", made[0].pk)
    return _form_page(request, form, campaign, None)


@form_page
def meeting_edit(request: SignedRequest, pk: int) -> HttpResponse:
    """Correct a meeting and its decisions on single measures."""
    meeting = get_object_or_404(Meeting.objects.visible_to(request.user).select_related("campaign__court"), pk=pk)
    settle_campaign(request, meeting.campaign)
    refusal = recording_refusal(request.user, meeting.campaign, dates.today())
    if refusal and request.method != "POST":
        refuse(request, refusal)
    form = MeetingForm(meeting, *([request.POST] if request.method == "POST" else []))
    if refusal:
        note_refusal(request, refusal)
        form.add_error(None, refusal)

    def edit() -> None:
        data, decided = form.cleaned_data, _decided(form, meeting.campaign, request.user)
        edit_meeting(meeting, by=request.user, decided=decided, note=data["note"], version=data["version"],
                     **form.facts())  # fmt: skip

    if form.is_valid() and done(request, form, edit):
        messages.success(request, _("Saved: %(title)s") % {"title": meeting})
        return redirect("meeting_detail", pk)
    return _form_page(request, form, meeting.campaign, meeting)


def _form_page(request: SignedRequest, form: MeetingForm, campaign: Campaign, meeting: Meeting | None) -> HttpResponse:
    back = reverse("meeting_detail", args=[meeting.pk]) if meeting else reverse("meeting_list", args=[campaign.slug])
    return render(request, "findings/paper_form.html", {
        "campaign": campaign, "form": form, "rows": form.rows, "about": meeting, "back": back,
        "title": _("Correct the meeting") if meeting else _("Record a meeting"),
        "button": _("Save the meeting") if meeting else _("Record the meeting"),
    }, status=status_of(form))  # fmt: skip


def _decided(form: MeetingForm, campaign: Campaign, user: User) -> dict[Measure, str]:
    """What the rows say, by measure. Raises Denied where a number names no measure in sight."""
    by_number = form.decided()
    measures = measures_named(user, campaign, list(by_number), "")
    return {measure: by_number[measure.number] for measure in measures}


def _moments(meeting: Meeting) -> list[Moment]:
    """What happened to the record of the meeting, newest first."""
    moments = told(read_history(meeting.history.all(), ()), _TOLD, _sentence)
    present: dict[int, str] = {}
    for row in read_history(MeetingMeasure.history.filter(meeting_id=meeting.pk), ("measure",)):
        old, new = present.get(row.id, ""), row.decision if row.is_active else ""
        present[row.id] = new
        for moment in moments:
            if moment.when == row.history_date:
                moment.changes.append(Change(_("Measure %(number)s") % {"number": row.measure.number}, old, new))
    return sorted(moments, key=lambda moment: moment.when, reverse=True)


def _sentence(before: Any, row: Any) -> str:
    return _("put the meeting on record") if before is None else _("corrected the meeting")
