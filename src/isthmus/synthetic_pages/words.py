"""Random text: words from syllables, in sentences with numbers, dates, names and much small punctuation."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Script:
    """The syllables and short words of a language or script; each string lists the most frequent ones first."""

    name: str
    onsets: str
    vowels: str
    codas: str
    small: str  # frequent short words
    share: float  # of the pages
    cased: bool = True
    right_to_left: bool = False
    spaced: bool = True
    letters: str = field(default="", repr=False)

    @property
    def sample(self) -> str:
        """All letters of its words, without repetition."""
        lower = dict.fromkeys("".join((self.onsets + self.vowels + self.codas + self.small).split()))
        both = "".join(lower) + ("".join(lower).upper() if self.cased else "")
        return "".join(dict.fromkeys(both.replace("ẞ", "")))


SCRIPTS = (
    Script(
        "plain Latin",
        "t s r n l d m c p b f v g h w k st tr pr pl br cr th sh ch qu j fl gr sp sc wh z str",
        "e a i o u ea ou ai y io ee oo",
        "n s r t l d m nt st ng ck ll ss x p ry ly tion",
        "the of and to in a is that for it as was with be by on not he at from are this or had an which but we its",
        0.42,
    ),
    Script(
        "western Latin",
        "d l s r m t n p c b v f g ç ñ qu tr ch br gr h j z x pr ll",
        "e a i o u é è à ê ä ö ü ó í ú ã õ ô â ù ou ei ie",
        "s n r t l nt x z ß m nd rt ch",
        "de la el und der que le en les das à não été für über où los des zu mit est y más já é ist ein une",
        0.16,
    ),
    Script(
        "eastern Latin",
        "p s k n t d v r m z b l č š ž ř ć h c j g f ł ś ż ť ď ň st př sz cz ţ ș",
        "o a e i u á í é ě ó ą ę ů ý ő ű ă ú ö ü",
        "k l m n t ch ń ť ć ź s c v j d r",
        "a je na se nie że do z i w ve jak si és az egy hogy nem că și în jsou był to pro po za ze tak",
        0.1,
    ),
    Script(
        "northern Latin",
        "s t d k v f m l r b h n g j p þ ð st sk fr sv tr",
        "e a i å ä ö ø æ u y o é á í ú ei ü õ ı",
        "r n t d s g k l m nn ll rt nd ð ş ğ",
        "og i det på som er en til av för är att med ikke och den við það ja on ei ve bir için da",
        0.08,
    ),
    Script(
        "Greek",
        "τ κ σ π μ ν λ δ γ β φ χ θ ρ ξ ζ ψ στ πρ τρ κρ",
        "α ο ε ι η υ ω ά ό έ ί ή ύ ώ ου αι ει οι",
        "ς ν ρ",
        "και το της η να με του στο που για ο τα είναι από την σε δεν οι θα τους",
        0.08,
    ),
    Script(
        "Cyrillic",
        "н т с р в л к м д п г з б ч й ж ш х ц щ ф ст пр тр вр",
        "о е а и у я ы ю ё э",
        "н т л м р й в с к ть ых ст",
        "и в не на что с я по как из за от то же для он мы это был но к у",
        0.1,
    ),
    Script(
        "Armenian", "ն ր մ տ կ ս վ դ պ լ գ հ բ զ խ ծ չ շ ջ ք", "ա ե ի ո ու է ը", "ն ր մ կ լ ս", "և է որ մի այս",
        0.01,
    ),
    Script(
        "Georgian", "რ ს მ ლ ნ დ ბ ვ თ გ კ ხ შ ც პ ტ ზ ქ", "ა ი ე ო უ", "ს თ ნ მ", "და არ ეს რომ იყო",
        0.01, cased=False,
    ),
    Script(
        "Hebrew", "ו י ה ל א ר ת ב ש מ נ כ ד פ ק ע ח ט ג צ ז ס", "ו י א", "ם ן ת ה ר ל ך", "של את על לא הוא",
        0.01, cased=False, right_to_left=True,
    ),
    Script(
        "Ethiopic", "ለ መ ሰ ረ በ ተ ነ አ ከ ወ የ ደ ገ ሀ", "ም ን ት ር ል ው ስ", "ን ት ም", "እና ነው ላይ ወደ",
        0.01, cased=False,
    ),
    Script(
        "kana", "の に は を た が で て と し れ さ い う か な も り よ こ き", "ん っ あ ー す く", "る い た ん",
        "は が を に の", 0.01, cased=False, spaced=False,
    ),
)  # fmt: skip

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_RARE = ["%", "§", "&", "$", "£", "€", "°", "#", "@", "+", "=", "/", "*", "†", "©"]


class Writer:
    """Writes random text in one script, with a vocabulary whose frequencies follow Zipf's law.

    Parameters
    ----------
    rng : numpy.random.Generator
    script : Script
    signs : frozenset of str, optional
        The characters of ``fonts.SIGNS`` that the font has. Default: all.
    """

    def __init__(self, rng: np.random.Generator, script: Script, signs: frozenset[str] | None = None) -> None:
        self.rng, self.script = rng, script
        self._signs = [sign for sign in _RARE if signs is None or sign in signs]
        self._quotes = [pair for pair in ("“”", "„“", "«»", "‘’", '""', "''") if signs is None or set(pair) <= signs]
        self._dash = "–" if signs is None or "–" in signs else "-"
        vocabulary = [self._new_word() for _ in range(260)]
        small = script.small.split()
        ranks = np.concatenate([np.arange(1, len(small) + 1), np.arange(8, 8 + len(vocabulary))])
        self._vocabulary = small + vocabulary
        self._cumulated = np.cumsum(1 / ranks) / np.sum(1 / ranks)

    def word(self) -> str:
        """A word, in lower case."""
        return self._vocabulary[int(np.searchsorted(self._cumulated, self.rng.random()))]

    def words(self, count: int) -> list[str]:
        """Words in lower case."""
        places = np.searchsorted(self._cumulated, self.rng.random(count))
        return [self._vocabulary[place] for place in places.tolist()]

    def name(self) -> str:
        """A first and a last name; sometimes the first is an initial."""
        first, last = self._capital(self._new_word()), self._capital(self._new_word())
        return f"{first[0]}. {last}" if self.rng.random() < 0.4 else f"{first} {last}"

    def title(self, most: int = 6) -> str:
        """A few words for a heading."""
        words = [
            self._new_word() if self.rng.random() < 0.6 else self.word() for _ in range(self.rng.integers(1, most))
        ]
        how = self.rng.random()
        if how < 0.2 and self.script.cased:
            return " ".join(words).upper()
        capitals = len(words) if how < 0.5 else 1
        return " ".join([*map(self._capital, words[:capitals]), *words[capitals:]])

    def number(self) -> str:
        """A number, usually with a decimal point."""
        rng = self.rng
        size = float(10 ** rng.uniform(-1, 5))
        kind = rng.integers(6)
        if kind == 0:
            return str(int(size))
        if kind == 1:
            return f"{size:,.2f}"
        if kind == 2:
            return f"{size:.{rng.integers(1, 4)}f}".replace(".", ",")
        if kind == 3:
            return f"{rng.integers(1, 100)}.{rng.integers(1, 20)}.{rng.integers(1, 9)}"
        return f"{size:.{rng.integers(1, 4)}f}"

    def date(self) -> str:
        """A date in one of several common forms."""
        rng = self.rng
        year, month, day = int(rng.integers(1850, 2030)), int(rng.integers(1, 13)), int(rng.integers(1, 29))
        return (
            f"{day}.{month:02}.{year}",
            f"{year}-{month:02}-{day:02}",
            f"{day}/{month}/{year % 100:02}",
            f"{day} {_MONTHS[month - 1]} {year}",
        )[rng.integers(4 if self.script.name.endswith("Latin") else 3)]

    def sentence(self) -> list[str]:
        """The words of a sentence, with their punctuation."""
        rng = self.rng
        words = self.words(int(rng.integers(3, 20)))
        chances = rng.random(len(words)).tolist()
        for i, chance in enumerate(chances):
            if chance < 0.14:
                words[i] = self._unusual(words[i], chance / 0.14)
        for i in np.flatnonzero(rng.random(len(words) - 1) < 0.1).tolist():
            words[i] += rng.choice([",", ",", ",", ";", ":", f" {self._dash}"])
        words[0] = self._capital(words[0])
        words[-1] += "." if rng.random() < 0.9 else rng.choice(["?", "!", "…" if self._dash == "–" else "..."])
        return words

    def paragraph(self, sentences: int) -> list[str]:
        """The words of several sentences."""
        return [word for _ in range(sentences) for word in self.sentence()]

    def _unusual(self, word: str, chance: float) -> str:
        rng = self.rng
        kinds = (0.25, 0.33, 0.5, 0.57, 0.6, 0.7, 0.8, 0.9, 1)
        quotes = self._quotes[rng.integers(len(self._quotes))] if self._quotes else "  "
        sign = self._signs[rng.integers(len(self._signs))] if self._signs else ""
        return (
            self.number,
            self.date,
            lambda: self._capital(word),
            lambda: f"({word})",
            lambda: f"[{rng.integers(1, 99)}]",
            lambda: f"{quotes[0]}{word}{quotes[1]}",
            lambda: f"{word}-{self.word()}",
            lambda: f"{rng.integers(1, 100)} {sign}",
            lambda: f"{self._capital(word[0])}.",
        )[int(np.searchsorted(kinds, chance))]()

    def _capital(self, word: str) -> str:
        """A word with a capital letter, if the script has them."""
        return word[0].upper() + word[1:] if self.script.cased else word

    def _new_word(self) -> str:
        script, rng = self.script, self.rng
        syllables = 1 + min(int(rng.geometric(0.55)), 4)
        word = ""
        for _ in range(syllables):
            word += _pick(rng, script.onsets) + _pick(rng, script.vowels)
            if rng.random() < 0.25:
                word += _pick(rng, script.codas)
        return word + _pick(rng, script.codas) if rng.random() < 0.5 else word


def _pick(rng: np.random.Generator, parts: str) -> str:
    """One of the parts; the frequency of the k-th is proportional to 1 / (k + 3)."""
    choices = parts.split()
    # Inverse of the integral of 1 / (k + 3).
    return choices[min(int(3 * ((len(choices) + 3) / 3) ** rng.random() - 3), len(choices) - 1)]
