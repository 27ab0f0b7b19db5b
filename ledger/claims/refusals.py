"""Every way in which an event of order-backed finance is refused: one class, one stable code.

Those that the log itself raises (a stale head, a reused request id, a bad signature) stand in
`ledger.errors`. A refused attempt enters nothing and changes no state.
"""

from ledger.errors import Refusal, SignatureMissing
from ledger.values.bodies import BodyError
from ledger.values.consent import ConsentError


class BodyRefused(Refusal):
    """A body that is not of its type's shape; the subclasses say in which way."""

    code = "MALFORMED_BODY"

    @staticmethod
    def of(problem: BodyError) -> "Refusal":
        """Return the refusal for a shape error."""
        kinds = {kind.code: kind for kind in BodyRefused.__subclasses__()}
        kind = kinds.get(problem.code, BodyRefused)
        return kind(f"Body refused: {problem}.", field=problem.field)


class UnknownType(BodyRefused):
    """The type is not an event of the record."""

    code = "UNKNOWN_TYPE"


class UnknownField(BodyRefused):
    """The type does not know this field."""

    code = "UNKNOWN_FIELD"


class SchemaVersionRefused(BodyRefused):
    """The body is of a schema version that this log does not take."""

    code = "SCHEMA_VERSION"


class AmountMalformed(BodyRefused):
    """An amount is not a plain string of digits: a float, a number, a sign, an exponent."""

    code = "AMOUNT_MALFORMED"


class AmountRange(BodyRefused):
    """An amount is 0 where it must not be, or above 10^13 minor units."""

    code = "AMOUNT_RANGE"


class CurrencyUnknown(BodyRefused):
    """The currency is not an active ISO 4217 code."""

    code = "CURRENCY_UNKNOWN"


class RuleVersionRefused(Refusal):
    """The entry claims a rule version that these rules do not have."""

    code = "RULE_VERSION"


class SignatureUnexpected(Refusal):
    """A signature that the event does not need, or a second one for the same need."""

    code = "SIGNATURE_UNEXPECTED"


class WrongParty(Refusal):
    """A party signs or is named where another one belongs."""

    code = "WRONG_PARTY"


class WrongDuty(Refusal):
    """A maker's key signs where a checker's is needed, or the other way round."""

    code = "WRONG_DUTY"


class SameUserTwice(Refusal):
    """The same user would make and check."""

    code = "SAME_USER_TWICE"


def consent_refusal(problem: ConsentError) -> Refusal:
    """Return the refusal for signatures that are not those which the body needs."""
    kinds = (SignatureMissing, SignatureUnexpected, WrongParty, WrongDuty, SameUserTwice)
    kind = next(one for one in kinds if one.code == problem.code)
    return kind(f"Signatures refused: {problem}.", **problem.params)


class RoleNotHeld(Refusal):
    """The registrar has not onboarded the party in this role."""

    code = "ROLE_NOT_HELD"


class KeyNotValid(Refusal):
    """The entry's time lies outside the time for which the key was enrolled."""

    code = "KEY_NOT_VALID"


class KeyExists(Refusal):
    """The key was enrolled before; a key stands for one user of one party, once."""

    code = "KEY_EXISTS"


class KeyMismatch(Refusal):
    """The key's name is not the one computed from its public key, or its times are reversed."""

    code = "KEY_MISMATCH"


class LogKeyDiffers(Refusal):
    """A replacement of the log's key by a body that replaces another key than the current one."""

    code = "LOG_KEY_DIFFERS"


class Sm3RootMisplaced(Refusal):
    """An SM3 root of another day than its entry's, of a day that has one, or over later entries."""

    code = "SM3_ROOT_MISPLACED"


class Sm3RootDiffers(Refusal):
    """An SM3 root other than that of the entries which it covers."""

    code = "SM3_ROOT_DIFFERS"


class LogOpenedTwice(Refusal):
    """A second statement that this log follows another one."""

    code = "LOG_OPENED_TWICE"


class PartyUnknown(Refusal):
    """No entry has onboarded this party."""

    code = "PARTY_UNKNOWN"


class PartyVersion(Refusal):
    """An onboarding that is not the party's next version."""

    code = "PARTY_VERSION"


class IdentifierTaken(Refusal):
    """Another party is onboarded under this identifier."""

    code = "IDENTIFIER_TAKEN"


class IdentifierInvalid(Refusal):
    """An identifier has the wrong form or a wrong check digit."""

    code = "IDENTIFIER_INVALID"


class UsccRequired(Refusal):
    """A party in China needs its unified social credit code."""

    code = "USCC_REQUIRED"


class KybLapsed(Refusal):
    """The registrar's knowledge of a party has run out."""

    code = "KYB_LAPSED"


class PlanExists(Refusal):
    """A plan under this handle is published already."""

    code = "PLAN_EXISTS"


class PlanUnknown(Refusal):
    """No entry has published this plan."""

    code = "PLAN_UNKNOWN"


class DisclosureRefused(Refusal):
    """A disclosure does not open what the body commits to, or its value has a wrong form."""

    code = "DISCLOSURE_INVALID"


class DisclosureMissing(Refusal):
    """The operator must see a field that was not disclosed to it."""

    code = "DISCLOSURE_MISSING"


class TagRefused(Refusal):
    """An entry lacks the keyed tag that its type needs, or carries one that it must not."""

    code = "TAG_MISSING"


class SelfTrade(Refusal):
    """Two sides of one order or claim are one party, or share an identifier."""

    code = "SELF_TRADE"


class LineSum(Refusal):
    """The order's lines do not add up to its total."""

    code = "LINE_SUM"


class DuplicateOrder(Refusal):
    """Buyer, seller and number are those of an order that the record holds already."""

    code = "DUPLICATE_ORDER"


class OrderTaken(Refusal):
    """The handle belongs to another order."""

    code = "ORDER_TAKEN"


class OrderUnknown(Refusal):
    """No entry has submitted this order."""

    code = "ORDER_UNKNOWN"


class OrderNotConfirmed(Refusal):
    """Without the buyer's confirmation an order carries no claim."""

    code = "ORDER_NOT_CONFIRMED"


class NotAssignable(Refusal):
    """The contract behind the order forbids to assign what it earns."""

    code = "NOT_ASSIGNABLE"


class VersionMismatch(Refusal):
    """The body is about another version of the order."""

    code = "VERSION_MISMATCH"


class ValueMismatch(Refusal):
    """The buyer confirms another value than was submitted."""

    code = "VALUE_MISMATCH"


class CurrencyMismatch(Refusal):
    """One order chain has one currency."""

    code = "CURRENCY_MISMATCH"


class FutureDate(Refusal):
    """A date or time that has not come yet."""

    code = "FUTURE_DATE"


class DateOrder(Refusal):
    """Two dates stand in the wrong order."""

    code = "DATE_ORDER"


class WrongState(Refusal):
    """The event may not happen in this state; the allowed ones are named."""

    code = "WRONG_STATE"


class ClaimUnknown(Refusal):
    """No entry has requested this claim on this order."""

    code = "CLAIM_UNKNOWN"


class MaturityTooLate(Refusal):
    """The maturity lies after the last due date plus the order's terms of payment."""

    code = "MATURITY_TOO_LATE"


class MaturityPast(Refusal):
    """The maturity is not after the day of the entry."""

    code = "MATURITY_PAST"


class PolicyMissing(Refusal):
    """The lender has set no policy."""

    code = "POLICY_MISSING"


class PolicyVersion(Refusal):
    """A policy that is not the lender's next version, or an offer under an old one."""

    code = "POLICY_VERSION"


class AlphaRange(Refusal):
    """An advance rate outside 0 to 9,000 basis points."""

    code = "ALPHA_RANGE"


class AlphaOrder(Refusal):
    """Advance rates that fall as the order progresses: progress could then cut the limit."""

    code = "ALPHA_ORDER"


class OfferExists(Refusal):
    """An offer under this handle was made already."""

    code = "OFFER_EXISTS"


class OfferUnknown(Refusal):
    """No such offer was made on this claim."""

    code = "OFFER_UNKNOWN"


class OfferExpired(Refusal):
    """The offer's time is over."""

    code = "OFFER_EXPIRED"


class OfferAboveClaim(Refusal):
    """An offer above what the claim asks for."""

    code = "OFFER_ABOVE_CLAIM"


class AboveOffer(Refusal):
    """A reservation above what the offer gives."""

    code = "ABOVE_OFFER"


class OverPledged(Refusal):
    """The order's headroom does not carry this principal beside what it already holds."""

    code = "OVER_PLEDGED"


class NotYetDue(Refusal):
    """A time-out that has not come, or that names another entry than the one which set it."""

    code = "NOT_YET_DUE"


class PrincipalMismatch(Refusal):
    """An amount other than the claim's principal."""

    code = "PRINCIPAL_MISMATCH"


class RegistrationTaken(Refusal):
    """The registration number stands behind another pledge."""

    code = "REG_NO_TAKEN"


class BankRefTaken(Refusal):
    """The bank's reference is the evidence of another payment."""

    code = "BANK_REF_TAKEN"


class SplitMismatch(Refusal):
    """A payment is split otherwise than the waterfall splits it."""

    code = "SPLIT_MISMATCH"


class ReleaseMismatch(Refusal):
    """A release of another amount than the claim was pledged for."""

    code = "RELEASE_MISMATCH"


class RootCovers(Refusal):
    """A state root over other entries than all that stand before it, or over no new one."""

    code = "ROOT_COVERS"


class TotalsDiffer(Refusal):
    """A state root with other totals than the entries before it add up to."""

    code = "TOTALS_DIFFER"


class StateRootDiffers(Refusal):
    """A state root other than the one to which the entries before it lead."""

    code = "STATE_ROOT_DIFFERS"


class Erased(Refusal):
    """The private fields under this handle were erased; none can be added, none opens."""

    code = "ERASED"


class OrderLive(Refusal):
    """An erasure while live claims stand on the order."""

    code = "ORDER_LIVE"


class DisclosureExists(Refusal):
    """A disclosure under this handle was entered already."""

    code = "DISCLOSURE_EXISTS"


class CallOutOfOrder(Refusal):
    """A step of an open call that does not follow the call's last one."""

    code = "CALL_OUT_OF_ORDER"


class CallStepRefused(Refusal):
    """A step of an open call that its state does not allow, or that is not the signer's to take."""

    code = "CALL_STEP_REFUSED"
