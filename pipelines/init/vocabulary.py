"""Words for columns and outcomes in English, German, Portuguese, Spanish and French."""

import re
import unicodedata
from collections.abc import Iterable

from leadlight.pipelines.sources.columns import yes_no

__all__ = [
    "CANCELLED",
    "DISPLAY_NAMES",
    "DISPLAY_PREFIXES",
    "LOST",
    "LOWERS",
    "NAMES",
    "NO",
    "RAISES",
    "WON",
    "YES",
    "classify_outcome",
    "count_stems",
    "format_label",
    "normalize_name",
]


def _stems(text: str) -> tuple[str, ...]:
    return tuple(text.split())


#: role of a column -> stems of its name; stems of up to three letters must be whole words
NAMES = {
    "key": _stems(
        "id key uuid guid nr no nummer number numero num code cod kennung schluessel schlussel chave "
        "clave lead kontakt contact prospect"
    ),
    "created": _stems(
        "creat angelegt anlage erstell eingang erfass criad criacao cadastr creacion cread cree "
        "alta registr insert added received submi firstcontact erstkontakt primeir premier enter entrada "
        "anfrage inquiry"
    ),
    "not_created": _stems(
        "updat modif chang last letzt geaend geand clos abschl abgeschl birth geburt nasc naci naissance "
        "expir due next nachst ultim dern won lost gewonn verlor"
    ),
    "closed": _stems(
        "clos abschl abgeschl geschl won gewonn fechad fecham cierre cerrad clotur ferm signed signat "
        "decid decis entsch sold verkauf vertrag convert ganh ganad gagn end"
    ),
    "opened": _stems(
        "open offen eroffn eroeff abert abrir apert abiert ouvert creat angelegt anlage erstell criad criacao cread "
        "creacion cree"
    ),
    "planned": _stems(
        "expect est planned plan target forecast geplant erwart voraussicht prevu prevision estimad esperad "
        "previst"
    ),
    "occurred": _stems(
        "occur at time zeit datum date data fecha hora heure moment when timestamp happen quando ocorr"
    ),
    "changed": _stems("chang modif updat geand geaend gueltig gultig valid since seit ab at time date"),
    "type": _stems(
        "type typ tipo action aktion acao accion event ereig evento activit aktivit atividad kind "
        "art"
    ),
    "code": _stems("id ids key code kennung schluessel campaign kampagne owner besitzer postcode"),
    #: words that end the name of a code, but begin that of a number: "No. of employees"
    "code_at_end": _stems("number nummer numero no nr"),
    "answered": _stems("call anruf answer antwort respon dispos outcome result ergebnis"),
    "flag": _stems(
        "open click repl answer respon visit download attend regist bounce unsub forward view watch call meet sent "
        "deliver booked geoffn geklickt beantwort teilgenomm angemeldet abgemeldet besuch heruntergelad gesehen"
    ),
    "circumstance": _stems(
        "device gerat browser country land city stadt source quelle medium referrer language sprache currency wahrung "
        "user status weekday wochentag region platform system"
    ),
    "reopened": _stems("reopen recycl reactiv reaktiv wiederv wiederer reativ"),
    "value": _stems("value wert valor valeur duration dauer duracao duree minut sekund second amount betrag"),
    "object": _stems(
        "object objekt objeto objet page seite pagina url asset document dokument campaign kampagne "
        "campanha campana campagne subject betreff assunto lifecycle outcome result ergebnis detail content "
        "inhalt title titel product produkt"
    ),
    "status": _stems(
        "status state stage phase outcome result ergebnis resultado resultat estado statut situac "
        "etat"
    ),
    "outcome": _stems(
        "convert conver outcome target won win success gewonn kunde customer cliente client sale sold "
        "verkauf abschluss status result ergebnis ganh ganad gagn vendid vendu y label purchas kauf compr "
        "achat"
    ),
    "earlier": _stems("poutcome prev previous earlier fruher frueher vorig anterior precedent"),
    "amount": _stems(
        "amount betrag value wert valor montant importe revenue umsatz price preis preco precio prix "
        "volum"
    ),
    "not_amount": _stems("declar month annual year jahr monat mes mois anual annuel"),
    "consent": _stems(
        "consent einwillig optin gdpr dsgvo lgpd rgpd zustimm permission werbeerlaub autoriz"
    ),
    "objection": _stems(
        "optout optedout unsubscribed donotcontact donotemail donotmail donotallow donotbulk abgemeldet abbestellt "
        "widerspruch werbesperre"
    ),
    "owner": _stems(
        "owner besitz zustandig zustaendig verantwort betreuer bearbeiter salesrep repid rep sdr vendedor "
        "responsav responsab proprietar proprietair assigned accountmanager "
        "accountexecutive salesagent agentname agentmail agentemail agentid berater"
    ),
    "person": _stems(
        "firstname lastname surname fullname givenname vorname nachname familienname prenom nomdefamille apellido "
        "sobrenome"
    ),
    "attribute": _stems("attribut property field feld merkmal eigenschaft campo champ name column spalte"),
    "held": _stems("value wert valor valeur new neu novo nuevo nouveau"),
    "held_before": _stems("old alt alter alte altes previous prev vorig vorher before ancien anterior antig from"),
    "job_title": _stems(
        "jobtitle position funktion cargo puesto poste berufsbezeichnung stellenbezeichnung rolle"
    ),
    "ending": (
        *_stems(
            "closed closing closedate dealstage dealvalue dealamount dealsize lossreason lostreason "
            "verlustgrund"
        ),
        *_stems("absagegrund wonreason abschluss abgeschlossen gewonnen verloren vertragswert contractvalue"),
        *_stems("motivoperda motivoperdida fechamento cierre cloture rejectionreason lost won"),
        *_stems("opendeal fiscalperiod fiscalquarter forecastcategor"),
    ),
    "engagement": _stems(
        "visit besuch click klick opens opened pageview pagesview views seitenaufruf timespent session "
        "contacts campaign previous touch engag download activit aktivit interac"
    ),
}  # fmt: skip

#: table -> words in the names of sheets of a workbook
SHEETS = {
    "leads": _stems("lead contact kontakt person prospect interessent kunde customer cliente contato contacto"),
    "activities": _stems("activit aktivit atividad event ereig engagement touch interac"),
    "deals": _stems("deal opportunit oportunid geschaft abschluss abschlusse verkaufschance sale negoc"),
    "history": _stems("history histor verlauf chang anderung"),
    "stages": _stems("stage phase lifecycle etapa"),
}

#: key of display (first and last: parts of a name) -> names of a column, without blanks
DISPLAY_NAMES = {
    "first": _stems("firstname givenname forename vorname prenom primeironome primernombre"),
    "last": _stems(
        "lastname surname familyname nachname familienname zuname nomdefamille sobrenome apellido apellidos"
    ),
    "name": _stems(
        "name fullname contactname personname ansprechpartner kontaktperson vollername nomecompleto nombrecompleto "
        "nomcomplet"
    ),
    "company": _stems(
        "company companyname firma firmenname unternehmen organisation organization organisationname organizationname "
        "account accountname empresa entreprise societe"
    ),
    "phone": _stems(
        "phone phonenumber phoneno telephone telephonenumber telefon telefonnummer telefonnr telnr tel mobile "
        "mobilephone mobilenumber mobil mobiltelefon handy handynummer rufnummer telefone telefono celular"
    ),
    "email": _stems("email emailaddress mail mailaddress emailadresse mailadresse correo courriel enderecoemail"),
}
#: words before such a name that mean nothing here
DISPLAY_PREFIXES = _stems("lead contact customer prospect kontakt kunde kunden person")

WON = frozenset(
    _stems(
        "won win wins gewonnen gewinn ganho ganha ganado ganada gagne gagnee converted convertido "
        "konvertiert sold verkauft vendido vendida vendu vendue signed success successful erfolgreich "
        "sucesso exito succes "
        "customer kunde cliente client conquistado"
    )
)
LOST = frozenset(
    _stems(
        "lost loss verloren perdido perdida perdu perdue rejected abgelehnt declined rejeitado rechazado "
        "refuse refusee failed failure disqualified disqualifiziert desqualificado descalificado cancelled "
        "canceled storniert cancelado annule erfolglos fracasso dead"
    )
)
OPEN = frozenset(
    _stems(
        "open offen neu new pending progress arbeit laufend running working contacted qualified nurturing "
        "aberto aberta andamento abierto abierta curso ouvert ouverte cours"
    )
)
YES = yes_no.YES | frozenset(_stems("1 granted erteilt optin allow allowed"))
NO = yes_no.NO | frozenset(_stems("0 donotallow notallowed"))
_NOT = frozenset(_stems("not nicht kein keine nao no pas non"))

#: words of activity types that lower the chance of a win
LOWERS = _stems(
    "unsubscri abmeld abbestell optout complain beschwerde spam bounce descadastr cancelarinscr darsebaja "
    "desinscri desabon desuscri plainte reclama widerruf widerspruch"
)

#: words of activity types that raise it, unless a word of CANCELLED is there
RAISES = _stems(
    "demorequest requestdemo demoanfrage demoanforder pricingpage preisseite trialstart freetrial "
    "testversion quoterequest requestquote angebotsanfrage angebotangefordert solicitacaodemo"
)
CANCELLED = _stems("cancel storn declin abgesagt absage abgelehnt reject noshow")


def normalize_name(text: str) -> str:
    """Return lower case without accents and one space between words: ``OldStatus_x`` is ``old status x``."""
    split = re.sub(r"(?<=[a-zß-ÿ0-9])(?=[A-ZÀ-Þ])", " ", text)
    plain = unicodedata.normalize("NFKD", split.casefold().replace("ß", "ss"))
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+", letters))


def count_stems(column: str, stems: Iterable[str]) -> int:
    """Count the stems in a name; short ones must be whole words."""
    plain = normalize_name(column)
    words, joined = plain.split(), plain.replace(" ", "")
    return sum(stem in words if len(stem) <= 3 else stem.replace("_", "") in joined for stem in stems)


def format_label(name: str) -> str:
    """Convert a name to a label: ``TotalVisits`` is ``Total visits``."""
    plain = name.strip()
    if re.search(r"\s", plain) and "_" not in plain:
        return plain[:1].upper() + plain[1:]
    if plain.isupper() and "_" in plain:
        plain = plain.lower()
    split = re.sub(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ][a-zß-ÿ])", " ", plain)
    words = re.sub(r"[_\s]+", " ", re.sub(r"(?<=\w)\.(?=\w)", " ", split)).strip().split(" ")
    lowered = " ".join(word.lower() if n and word[1:].islower() else word for n, word in enumerate(words))
    return lowered[:1].upper() + lowered[1:]


def classify_outcome(value: str) -> bool | None:
    """Return whether a status means won (True), lost (False) or neither (None)."""
    words = set(normalize_name(value).split())
    if words & WON:
        return not words & (_NOT | LOST)
    return False if words & LOST else None
