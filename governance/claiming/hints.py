"""The people whom a system's own remark on an account names, by their e-mail address or by their whole name."""

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

from django.contrib.postgres.fields import ArrayField
from django.db.models import CharField, Func, Q, QuerySet, Value
from django.db.models.functions import Lower

from governance.claiming.words import Phrases, addresses, written
from governance.models import Account, Employment, Person

READ = 1000  # characters of a remark: whom it names, it names at its beginning


def named_in(account: Account) -> list[Person]:
    """The people whom the remark on an account names, in the order in which they became known."""
    return people_named([account])[account.pk]


def people_named(accounts: Sequence[Account]) -> Mapping[int, list[Person]]:
    """
    The people whom the remarks on these accounts name, by the accounts' keys; nobody who has left.

    A name that two people bear names nobody.
    """
    found = list(who_could_be_meant([text for account in accounts for text in remarks(account)]))
    by_address = {person.email.casefold(): person for person in found}
    by_name = Phrases((words, person) for person in found if len(words := written(person.name)) > 1)
    return {account.pk: named(remarks(account), by_address, by_name) for account in accounts}


def named(texts: Iterable[str], by_address: Mapping[str, Person], by_name: Phrases[Person]) -> list[Person]:
    """Whom these remarks name, each once."""
    people: set[Person] = set()
    for text in texts:
        people |= {by_address[each] for each in addresses(text) if each in by_address}
        people |= {each for each in by_name.within(written(text)) if len(by_name.called(written(each.name))) == 1}
    return sorted(people, key=attrgetter("pk"))


def who_could_be_meant(texts: Iterable[str]) -> QuerySet[Person]:
    """The people whose address, or the first word of whose name, stands in these remarks."""
    wanted = {word for text in texts for word in (*addresses(text), *written(text))}
    any_of = Value(sorted(wanted), output_field=ArrayField(CharField()))
    first = Func(Lower("name"), Value(" "), Value(1), function="split_part", output_field=CharField())
    people: QuerySet[Person] = Person.objects.exclude(employment=Employment.LEFT)
    known = people.alias(address=Lower("email"), first=first)
    return known.filter(Q(address__any_of=any_of) | Q(first__any_of=any_of))


def remarks(account: Account) -> list[str]:
    """What the system says of an account besides its name, such as a comment."""
    return [text[:READ] for text in account.owner_hints if isinstance(text, str) and text.strip()]
