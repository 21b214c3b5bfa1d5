"""The edit of a scenario on people: a new estate, and who lives there."""

from __future__ import annotations

from typing import Any

from .coverage.share import GROUPS
from .geo.errors import Fault, StudyError
from .scenario_keys import AddPeople
from .study import Survey
from .wording import GROUP_NAMES


def people_at(edit: AddPeople, town: str, survey: Survey) -> tuple[dict[str, Any], list[Fault]]:
    """
    Return the row of a new place as `demand` has them, and what was estimated.

    Parameters
    ----------
    town
        Code of the town that it lies in.

    Raises
    ------
    StudyError
        A group that the demand lacks, or more of a group than people.
    """
    rural = survey.towns.at[town, "kind"] == "rural" if edit.rural is None else edit.rural
    name = edit.name or f"新增居民点（{edit.id}）"
    groups, guessed = _groups(edit, town, bool(rural), survey)
    warnings = []
    if guessed:
        facts = {
            "name": name,
            "groups": "、".join(f"{GROUP_NAMES[group]} {groups[group]}" for group in guessed),
            "groups_en": ", ".join(f"{group} {groups[group]}" for group in guessed),
        }
        warnings.append(Fault("W-EDIT-GROUPS", facts=facts))
    row = {"name": name, "town": town, "rural": bool(rural), "people": edit.people}
    return row | groups, warnings


def _groups(
    edit: AddPeople, town: str, rural: bool, survey: Survey
) -> tuple[dict[str, int], list[str]]:
    """Return the groups as given, the others by their share among the like of the town; these."""
    demand = survey.demand
    like = demand[(demand["town"] == town) & (demand["rural"] == rural)]
    like = like if like["people"].sum() else demand
    columns = [group for group in GROUPS[1:] if group in demand]
    found: dict[str, int] = {str(group): count for group, count in edit.groups.items()}
    strange = sorted(set(found) - set(columns))
    if strange:
        facts = {"known": "、".join(columns)}
        raise StudyError(Fault("E-EDIT-GROUP", value="、".join(strange), facts=facts))
    if any(count < 0 or count > edit.people for count in found.values()):
        raise StudyError(Fault("E-EDIT-GROUP-COUNT", value=edit.id))
    guessed = [group for group in columns if group not in found]
    for group in guessed:
        parts = int(like[group].sum()) * edit.people, int(like["people"].sum())
        found[group] = min((2 * parts[0] + parts[1]) // (2 * parts[1]), edit.people)
    return found, guessed
