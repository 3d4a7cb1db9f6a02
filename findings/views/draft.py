"""From text to plan: a feedback or bulletin is read, a person decides what of it becomes areas, issues and measures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.decorators import SignedRequest, form_page, refuse
from accounts.versioned import status_of
from accounts.words import joined
from findings import access
from findings.documents.draft import Draft, draft_of
from findings.documents.draft.facts import Gap
from findings.forms.draft import KeepForm, TextForm
from findings.models import Campaign
from findings.views.chosen import campaign_or_404
from findings.views.verbs import done
from findings.workflow.proposal import TakenOver, take_over

MOST_TOLD = 8  # words that one message names


@form_page
def plan_draft(request: SignedRequest, slug: str) -> HttpResponse:
    """A text goes in; its draft is shown; what is ticked goes into the plan."""
    campaign = campaign_or_404(request, slug)
    if not access.is_office_of(request.user, campaign.court_id):
        refuse(request, _("Only the rectification office can do this."))
    form = TextForm(request.POST, request.FILES) if request.method == "POST" else TextForm()
    if not form.is_valid():
        return _page(request, campaign, {"form": form}, status_of(form))
    draft = draft_of(form.cleaned_data["text"])
    if "take" not in request.POST:
        keep = KeepForm(draft=draft, campaign=campaign)
        return _page(request, campaign, {"form": form, "draft": draft, "keep": keep, "tree": _tree(keep)})
    return _taken(request, campaign, form, draft)


def _taken(request: SignedRequest, campaign: Campaign, form: TextForm, draft: Draft) -> HttpResponse:
    keep = KeepForm(request.POST, draft=draft, campaign=campaign)
    found: list[TakenOver] = []
    if keep.is_valid() and done(request, keep, lambda: found.append(take_over(
        campaign, keep.areas(), keep.recommendations(), by=request.user, note=keep.cleaned_data["note"],
    ))):  # fmt: skip
        number = len(found[0].measures)
        words = ngettext("%(n)s measure was added to the plan.", "%(n)s measures were added to the plan.", number)
        messages.success(request, words % {"n": number})
        _say_what_is_empty(request, keep.left_empty())
        return redirect("plan_detail", campaign.slug)
    shown = {"form": form, "draft": draft, "keep": keep, "tree": _tree(keep)}
    return _page(request, campaign, shown, status_of(keep))


def _say_what_is_empty(request: SignedRequest, left: list[str]) -> None:
    if not left:
        return
    words = ngettext(
        "%(n)s value of the text could not be taken over and was left empty: %(words)s",
        "%(n)s values of the text could not be taken over and were left empty: %(words)s",
        len(left),
    )
    told = list(dict.fromkeys(left))
    named = joined(told[:MOST_TOLD]) + ("…" if len(told) > MOST_TOLD else "")
    messages.warning(request, words % {"n": len(left), "words": named})


def _page(request: SignedRequest, campaign: Campaign, shown: dict[str, Any], status: int = 200) -> HttpResponse:
    draft = shown.get("draft")
    compared = _compared(draft) if draft else []
    return render(
        request, "findings/plan_draft.html", {"campaign": campaign, "compared": compared, **shown}, status=status
    )


def _compared(draft: Draft) -> list[dict[str, Any]]:
    """What the text states beside what was found in it."""
    labels = {
        "areas": _("areas"), "issues": pgettext("total", "issues"), "measures": _("measures"),
        "recommendations": _("recommendations"),
    }  # fmt: skip
    return [
        {"label": label, "declared": draft.declared.get(key), "found": draft.found[key],
         "differs": key in draft.declared and draft.declared[key] != draft.found[key]}
        for key, label in labels.items()
    ]  # fmt: skip


@dataclass(frozen=True)
class Node:
    """A line of the draft: its name in the form, its words, and whether it is ticked."""

    name: str
    words: str
    is_kept: bool
    below: Sequence["Node"]
    source: Sequence[str]
    facts: Sequence[str]
    gaps: Sequence[Gap]


def _tree(keep: KeepForm) -> list[Node]:
    draft = keep.draft
    areas = [
        _node(keep, f"a{area.number}", area.title, [
            _node(keep, f"i{issue.number}", issue.title, [
                _node(keep, f"m{measure.number}", measure.text, facts=list(measure.facts.values()))
                for measure in issue.measures
            ], issue.source, list(issue.facts.values()), keep.gaps(issue))
            for issue in area.issues
        ])
        for area in draft.areas
    ]  # fmt: skip
    advice = [_node(keep, f"r{n}", text) for n, text in enumerate(draft.recommendations, 1)]
    return areas + ([Node("", _("Recommendations"), True, advice, [], [], [])] if advice else [])


def _node(
    keep: KeepForm, name: str, words: str, below: Sequence[Node] = (), source: Sequence[str] = (),
    facts: Sequence[str] = (), gaps: Sequence[Gap] = (),
) -> Node:  # fmt: skip
    return Node(name, keep.words(name, words), keep.is_kept(name), below, source, facts, gaps)
