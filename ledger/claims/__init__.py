"""Order-backed financing claims: drafts of events, the rules that admit them, and the limits.

`events` builds drafts, `drafts` collects their signatures, `rules.ClaimRules` is what the log's
sequencer runs. `docs/spec/claims.md` is normative.
"""
