"""The sentence for each error code, in the person's language: what happened and what to do.

Every code of the product is here; a test fails on one that is raised elsewhere and missing."""

from __future__ import annotations

from typing import Any

from flask_babel import format_decimal

from caseroom.web.i18n import _


def error_sentence(code: str, data: dict[str, Any]) -> str:
    """Return the sentence for a code. ``data`` fills in numbers; unknown codes get the general sentence."""
    if data.get("kept"):
        return _kept_sentence(code)
    sentences = {
        "already_erased": _("This was erased already."),
        "already_asked": _("This was asked for already."),
        "already_admitted": _("This person has already accepted the invitation."),
        "already_invited": _("Somebody with this e-mail address is already in the case."),
        "already_participant": _("You already take part in this case."),
        "already_removed": _("This person has already left the case."),
        "audience_changed": _("The readers of this room have changed. Check the names, then send again."),
        "audience_required": _("The request does not say for which readers it was written (If-Match header)."),
        "bad_filename": _(
            "This file name cannot be used. Rename the file: no slashes, no hidden characters, 200 at most."
        ),
        "cannot_remove_yourself": _("You cannot remove yourself from a case that you steer."),
        "cannot_be_erased": _("This entry stays: without it the rest of the register could not be understood."),
        "cannot_destroy_room": _("Only those who conduct the room can ask for this, or agree to it."),
        "case_open": _("This can only be asked for once the case is closed."),
        "case_closed": _("This case is closed: it can be read, and no longer changed."),
        "conflict": _("This is no longer possible as things stand. Load the page again."),
        "counsel_close_together": _("In this kind of case the counsel of each side close it together."),
        "csrf": _("The page was open for too long. Load it again; what you typed is kept."),
        "empty_file": _("This file is empty. Choose another one."),
        "erased": _("This was erased for good."),
        "file_required": _("No file came with the request."),
        "forbidden": _("You cannot do this."),
        "history_differs": _(
            "The register of this case is not the one that your browser saw before. Nothing was sent. Keep your "
            "receipts, and speak to the person who conducts the case."
        ),
        "history_shorter": _(
            "The register of this case is shorter here than what your browser saw before. Keep your receipts, and "
            "speak to the person who conducts the case."
        ),
        "idempotency_conflict": _("This key was already used for something else. Send again with a new one."),
        "internal": _("Something failed on our side. Nothing was sent. Try again in a moment."),
        "invalid": _("Something is missing or cannot be used. See the fields below."),
        "invitation_for_another": _("This invitation is for another e-mail address. Sign in with that one."),
        "joint_room_stays": _("The joint room goes only with the whole case, once it is closed."),
        "json_expected": _("The request must be JSON (application/json)."),
        "ledger_halted": _(
            "The register takes nothing new for now. Nothing was sent. Tell the practice that opened the case."
        ),
        "malformed": _("The request could not be read."),
        "malformed_client_id": _("The client id or idempotency key may have 1 to 100 letters, digits, and . _ : -"),
        "malformed_event": _("The event must be one JSON object."),
        "malformed_json": _("The request is not valid JSON."),
        "malformed_upload": _("The upload stopped before its end. Nothing was filed. Try again."),
        "method_not_allowed": _("This address does not accept that kind of request."),
        "multipart_expected": _("A file is sent as multipart/form-data."),
        "no_room_left": _("This case has as many rooms as it can hold."),
        "no_second_person": _(
            "There is nobody who could agree as the second person. Erase the entries one by one instead."
        ),
        "not_a_steward": _("Only those who steer the case can do this."),
        "not_found": _("There is nothing here, or it is not open to you."),
        "observers_read_only": _("Observers may read here, but not write."),
        "one_file_per_request": _("Send one file per request."),
        "one_sided_communication": _("In this kind of case nobody speaks to a neutral alone."),
        "other_sides_people": _("Each side’s counsel answers for the people of that side."),
        "owner_required": _("Only the owner of the practice can do this."),
        "participant_still_here": _("While this person takes part in the case, the others have to know who it is."),
        "practice_required": _("Only members of a practice open cases. You can take part in those you are invited to."),
        "range_not_satisfiable": _("The file does not have that part."),
        "refused_type": _("Programs and scripts are not accepted. File a document, an image, a sound or a video."),
        "room_closed": _("This room is closed: it can be read, and no longer written in."),
        "second_person_needed": _("A second person has to agree, and it cannot be you."),
        "second_factor_required": _("Enter your six-digit code to go on."),
        "signer_unavailable": _(
            "The register cannot be signed at the moment, so nothing was sent. Try again in a few minutes."
        ),
        "size_mismatch": _("The size announced is not the size received. Nothing was filed. Try again."),
        "throttled": _("Too many attempts. Wait %(minutes)d min, then try again.", minutes=_minutes(data)),
        "too_large": _("This is too large: %(size)s at most.", size=_size(data)),
        "unauthenticated": _("Sign in to go on."),
        "undertaking_required": _("The undertaking of confidentiality has to be accepted first."),
        "unsupported_type": _("This kind of content is not accepted here."),
        "view_as_unavailable": _("A case cannot be seen as somebody else sees it here."),
    }
    return sentences.get(code, _("You cannot do this.") if code in POLICY_CODES else _("The request was refused."))


def _kept_sentence(code: str) -> str:
    """What to say where the act is written and its receipt is missing: done again, it would stand there twice."""
    if code == "signer_unavailable":
        return _(
            "This is kept, and will be shown to the readers once the register can be signed again. "
            "Do not do it a second time."
        )
    return _(
        "This is kept, but it has no receipt yet and the readers do not see it. Do not do it a second time. "
        "Tell the practice that opened the case."
    )


# Reasons of the policy table that a person never meets through our own pages.
POLICY_CODES = frozenset({"role_outside_room", "not_a_room_permission", "not_a_case_permission"})


def field_sentence(error: dict[str, Any]) -> str:
    """Return the sentence for one wrong field."""
    sentences = {
        "already_invited": _("Somebody with this e-mail address is already in the case."),
        "bad_unicode": _("This text has characters that cannot be stored."),
        "common_password": _("This password is on the lists that attackers try first. Choose another one."),
        "control_characters": _("This text has hidden control characters. Type it again."),
        "credentials_wrong": _("The e-mail address or the password is not right."),
        "email_taken": _("Somebody already uses this address."),
        "empty": _("This must not be empty."),
        "invalid_email": _("This is not an e-mail address."),
        "kind_missing": _("Choose a kind of case."),
        "malformed": _("This value is not of the right form."),
        "missing": _("This is required."),
        "number_of_sides": _(
            "A case has %(least)d to %(most)d sides.", least=error.get("least", 2), most=error.get("most", 10)
        ),
        "one_of_two": _("Give one of the two, not both."),
        "out_of_range": _("This number is out of range."),
        "password_has_name": _("The password must not contain your name, your address or your practice’s name."),
        "practice_taken": _("There is a practice of this name already."),
        "role_cannot_open": _("A case of this kind is opened by somebody who will steer it."),
        "role_missing": _("Say for which side you act, or in which other role."),
        "same_label_twice": _("Two sides have the same name."),
        "side_not_for_role": _("This role belongs to no side."),
        "side_required": _("Say which side this person belongs to."),
        "too_long": _("This is too long: %(longest)d characters at most.", longest=error.get("longest", 0)),
        "too_many_people": _("Invite %(most)s people at most here, the others later.", most=error.get("most", 0)),
        "too_short": _("This is too short: %(shortest)d characters at least.", shortest=error.get("shortest", 0)),
        "unknown_field": _("This field is not known here."),
        "unknown_value": _("This is not one of the possible choices."),
        "wrong_code": _("This code is not right, or was used already. Wait for the next one."),
        "wrong_password": _("This is not your present password."),
        "wrong_type": _("This value is of the wrong kind."),
    }
    return sentences.get(str(error.get("code")), _("This value cannot be used."))


def _minutes(data: dict[str, Any]) -> int:
    return max(1, (int(data.get("retry_after", 60)) + 59) // 60)


def _size(data: dict[str, Any]) -> str:
    return file_size(int(data.get("largest", 0)))


def file_size(size: int) -> str:
    """4.2 MB, 1.5 GB: powers of 1000, as files are shown to people."""
    for unit, factor in (_("GB"), 10**9), (_("MB"), 10**6), (_("kB"), 10**3):
        if size >= factor:
            return f"{format_decimal(round(size / factor, 1))}\u00a0{unit}"
    return f"{size}\u00a0{_('bytes')}"
