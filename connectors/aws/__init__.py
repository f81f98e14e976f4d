"""
AWS IAM: users, roles, groups and their policies; what they add up to is computed here, from the documents.

    settings     the configuration, and what is promised
    sessions     clients, and what AWS's refusals mean
    accounts     one look at all that says who may do what
    publishing   a policy, or a version of one, that the look does not show
    names        how things are called
    trilean      yes, no, and what cannot be known
    matching     whether a pattern means a name
    overlapping  whether a pattern means what another one means
    conditions   whether a request fulfils what a statement demands
    policies     documents as statements
    evaluating   what policies add up to for one request
    trusting     who may become a role
    holding      what speaks about what a principal may do
    flags        what actions let one do that their names do not tell
    describing   principals, entitlements and grants in the contract's words
    reading      the streams, page by page
    keys         access keys: listed, shut, opened, removed
    verifying    one fresh look at a grant
    writing      revoke and restore
    suspending   a user or a role, shut out and let in
    checking     what this credential may do
    addressing   an account by its URL
    advising     what a policy means, and what could not be seen
    mending      commands for a person to read
    connector    the class that has the verbs
"""

from connectors.aws.connector import AWS

__all__ = ["AWS"]
