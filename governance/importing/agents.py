"""Which agents there are, who answers for them, and with which accounts they act."""

from typing import Any

from governance import registering
from governance.errors import Invalid
from governance.importing.columns import AGENTS
from governance.importing.lines import Kind, Take
from governance.importing.reading import Cells
from governance.models import Agent
from governance.models.agent import Autonomy

BASIS = "import_agents"


class Agents(Kind):
    """An empty cell leaves as it is what it is about."""

    name = "agents"
    columns = AGENTS

    def about(self, cells: Cells) -> tuple[str, ...]:
        """An agent."""
        return (cells["name"],)

    def passes(self) -> list[Take]:
        """All of a line at once."""
        return [self.take_agent]

    def take_agent(self, cells: Cells) -> None:
        """Register an agent, or change what is said differently; then its people and accounts."""
        agent = self.brought_up_to_date(cells)
        if cells.get("owner"):
            owner = registering.person_called("owner", cells["owner"])
            registering.set_owner(agent=agent, person=owner, at=self.at, actor=self.actor)
        if cells.get("deputies"):
            people = [registering.person_called("deputies", word) for word in parts(cells["deputies"])]
            registering.set_deputies(agent=agent, people=people, at=self.at, actor=self.actor)
        for word in parts(cells.get("accounts", "")):
            self.claim(agent, word)
        if allowed := parts(cells.get("allowed_systems", "")):
            systems = [registering.system_called(slug) for slug in allowed]
            registering.allow_systems(agent=agent, systems=systems, at=self.at, actor=self.actor)

    def brought_up_to_date(self, cells: Cells) -> Agent:
        """The agent as the line says that it is."""
        if not cells["unit"]:
            raise Invalid("unit is missing")
        wanted: dict[str, Any] = {"unit": registering.unit_at(cells["unit"], tops=self.tops, actor=self.actor)}
        for name in ("purpose", "autonomy", "lifecycle"):
            if cells.get(name):
                wanted[name] = cells[name]
        if cells.get("reads_outsiders"):
            wanted["reads_outsiders"] = yes("reads_outsiders", cells["reads_outsiders"])
        agent = Agent.objects.filter(name=cells["name"]).first() or registering.register_agent(
            name=cells["name"],
            unit=wanted["unit"],
            purpose=wanted.get("purpose", ""),
            autonomy=wanted.get("autonomy", Autonomy.UNATTENDED),
            at=self.at,
            actor=self.actor,
        )
        registering.change_agent(agent=agent, at=self.at, actor=self.actor, **wanted)
        return agent

    def claim(self, agent: Agent, word: str) -> None:
        """Claim an account that is named as system:account."""
        slug, colon, account = word.partition(":")
        if not colon:
            raise Invalid(f"accounts {word!r} names no account; wanted: SYSTEM:ACCOUNT")
        system = registering.system_called(slug)
        registering.claim_account(
            agent=agent,
            account=registering.account_called(system, account),
            basis=BASIS,
            at=self.at,
            actor=self.actor,
        )


def yes(field: str, cell: str) -> bool:
    """Whether a cell says yes. Raises Invalid for what is neither yes nor no."""
    if cell.lower() not in {"yes", "no"}:
        raise Invalid(f"{field} {cell!r} is unknown; one of yes, no")
    return cell.lower() == "yes"


def parts(cell: str) -> list[str]:
    """The parts of a cell that holds several, between semicolons."""
    return [part.strip() for part in cell.split(";") if part.strip()]
