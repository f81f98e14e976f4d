"""
Who acted: the accounts that a use can have been by, and what they hold.

Whoever attributes use goes this way: from what a source calls somebody to an account, and on to its roles. A statement
brings `who`, the names that were used and, where none was, the agents.
"""

from governance.models.expressions import Pattern

HELD = "held.closed_at IS NULL AND held.effect = 'allow' AND held.seen <> 'absent'"

# Accounts that a use can have acted with. An account is meant by its native id, else by its name where only one bears
# it: an event may have been stored before its account was known. Everyone's grants count for whoever is known at all.
# Whoever assumes a role acts as the role, and the log names that.
ACTORS = """
known (native_account, agent_id, account_id) AS (
    SELECT who.native_account, who.agent_id, account.id
    FROM who
        JOIN governance_account AS account ON account.system_id = %(system)s AND account.native_id = who.native_account
    WHERE who.native_account <> ''
    UNION
    SELECT who.native_account, who.agent_id, min(account.id)
    FROM who JOIN governance_account AS account ON account.system_id = %(system)s AND account.name = who.native_account
    WHERE who.native_account <> '' AND NOT EXISTS (
        SELECT FROM governance_account AS other
        WHERE other.system_id = %(system)s AND other.native_id = who.native_account)
    GROUP BY 1, 2 HAVING count(*) = 1
    UNION
    SELECT who.native_account, who.agent_id, claim.account_id
    FROM who JOIN governance_claim AS claim ON claim.agent_id = who.agent_id AND claim.until IS NULL
        JOIN governance_account AS account ON account.id = claim.account_id AND account.system_id = %(system)s
    WHERE who.native_account = ''
), reach (native_account, agent_id, account_id) AS (
    (SELECT * FROM known
     UNION
     SELECT known.native_account, known.agent_id, everyone.id
     FROM known JOIN governance_account AS everyone ON everyone.system_id = %(system)s AND everyone.kind = 'everyone')
    UNION
    SELECT reach.native_account, reach.agent_id, role.confers_id
    FROM reach JOIN governance_grant AS membership ON membership.account_id = reach.account_id
            AND membership.closed_at IS NULL AND membership.effect = 'allow' AND membership.seen <> 'absent'
            AND membership.native -> 'assumed' IS NULL
        JOIN governance_entitlement AS role ON role.id = membership.entitlement_id AND role.confers_id IS NOT NULL
)
"""

# Of what a use was, a log may not say: it may have been any of what its action's patterns mean.
ANY_OF_IT = f"""act.wild AND {{use}}.action LIKE {Pattern.sql("act.action")}
            AND ({{use}}.resource = '' OR {{use}}.resource LIKE {Pattern.sql("act.resource")})"""
