"""
The ledger's rows: what happened, its place in the tree, and the signed sizes of the tree.

The tables lie in the schema "evidence", which the owner alone may change; here they are read. Entries come into being
through `governance.ledger`, leaves and checkpoints through the sequencer.
"""

from django.db import models


class Epoch(models.Model):
    """A stretch of the ledger that was written in one PostgreSQL cluster, whose transaction numbers can be compared."""

    number = models.IntegerField(primary_key=True)
    system_identifier = models.BigIntegerField()
    began_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = '"evidence"."epoch"'

    def __str__(self) -> str:
        return f"epoch {self.number} in cluster {self.system_identifier}"


class EntryQuerySet(models.QuerySet["Entry"]):
    """Entries, in the words of those who ask for them."""

    def about(self, *, kind: str, key: object) -> "EntryQuerySet":
        """Those that name this subject, oldest first."""
        return self.filter(subjects__contains=[{"kind": kind, "id": str(key)}]).order_by("id")

    def newest_first(self) -> "EntryQuerySet":
        """As a person reads them."""
        return self.order_by("-id")


class Entry(models.Model):
    """One thing that happened, written in the transaction that made it true."""

    id = models.BigAutoField(primary_key=True)
    epoch = models.ForeignKey(Epoch, models.DO_NOTHING, db_column="epoch", related_name="+")
    xid = models.TextField()
    at = models.DateTimeField()
    act = models.TextField()
    actor_kind = models.TextField()
    actor_id = models.TextField()
    authority = models.TextField()
    surface = models.TextField()
    assurance = models.TextField()
    subjects = models.JSONField()
    body = models.JSONField()
    commitments = models.JSONField()
    simulated = models.BooleanField()

    objects = EntryQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = '"evidence"."entry"'
        verbose_name = "ledger entry"
        verbose_name_plural = "ledger entries"

    def __str__(self) -> str:
        return f"{self.id} {self.act}"


class Leaf(models.Model):
    """An entry's place in the tree: the bytes that were hashed, kept as they were."""

    index = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(Entry, models.DO_NOTHING, db_column="entry", db_constraint=False, related_name="leaf")
    canonical = models.BinaryField()
    hash = models.BinaryField()
    unreadable = models.BooleanField()

    class Meta:
        managed = False
        db_table = '"evidence"."leaf"'
        verbose_name_plural = "leaves"

    def __str__(self) -> str:
        return f"leaf {self.index}"


class CheckpointQuerySet(models.QuerySet["Checkpoint"]):
    """Signed sizes of the ledger."""

    def newest_first(self) -> "CheckpointQuerySet":
        """The largest tree first."""
        return self.order_by("-size")

    def covering(self, *, entry: int) -> "CheckpointQuerySet":
        """Those whose tree holds this entry, the smallest first."""
        leaf = Leaf.objects.filter(entry=entry).values("index")
        return self.filter(size__gt=models.Subquery(leaf)).order_by("size")


class Checkpoint(models.Model):
    """A signed statement of how large the ledger was and what its root was."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    at = models.DateTimeField()
    note = models.TextField()

    objects = CheckpointQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = '"evidence"."checkpoint"'

    def __str__(self) -> str:
        return f"checkpoint at size {self.size}"


class LedgerSecret(models.Model):
    """What an entry only commits to: personal text, deletable without harm to the tree."""

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(Entry, models.DO_NOTHING, db_column="entry", db_constraint=False, related_name="secrets")
    name = models.TextField()
    salt = models.BinaryField()
    value = models.TextField()

    class Meta:
        managed = False
        db_table = '"evidence"."secret"'

    def __str__(self) -> str:
        return f"{self.name} of entry {self.entry_id}"
