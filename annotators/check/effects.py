"""Does a text say what a distortion does? Clause by clause: something happens to something.

Words alone prove nothing: "noise on the dog, whose colours are brown and white" names colours and
no harm. A clause tells of an effect if, without denying it,

- something is done that harms (softens, hides, wipes out) to what makes a picture or to the thing
  itself: detail, edges, colour, the dog;
- something becomes, looks or is made otherwise: any words will do for how, but "natural";
- marks are left that were not part of the thing: halos, blocks, dots;
- or it is hard to see or to tell something.

What names a distortion or a region has been taken out before, so "the blur is severe" is none of
these.
"""

import re
from typing import Final

_PART: Final = (
    r"(?:details?|edges?|contours?|outlines?|textures?|structures?|tones?|tonal|tonality|colou?rs?|"
    r"colou?ration|hues?|shades?|shading|shadows?|highlights?|gradients?|gradations?|transitions?|"
    r"lines?|patterns?|surfaces?|features?|shapes?|forms?|sharpness|clarity|definition|crispness|"
    r"depth|quality|visibility|legibility|readability|lettering|text|appearance|realism|fidelity|"
    r"richness|vibrancy|smoothness|contrast|borders?|strands?|fur|hair|feathers?|skin|leaves|bark|"
    r"fabric|folds|threads?|bricks?|grain|everything|whatever|view|eye)"
)
_WHOLE: Final = (
    r"(?:_+|it|them|areas?|regions?|parts?|sections?|subject|object|scene|pictures?|images?|"
    r"photographs?|photos?)"
)
_THING: Final = rf"(?:{_PART}|{_WHOLE})"
_HARM: Final = (
    r"(?:soften\w*|smear\w*|smudg\w*|hid(?:e|es|den|ing)|conceal\w*|obscur\w*|obliterat\w*|eras\w+|"
    r"buri?e[sd]|bury\w*|veil\w*|cloud(?:s|ed|ing)|muddl\w*|scrambl\w*|flatten\w*|wash\w* (?:\w+ )?"
    r"out|bleach\w*|crush\w*|clip\w*|drain\w*|drown\w*|swallow\w*|overwhelm\w*|los(?:e|es|ing|t)|"
    r"loss of|reduc\w*|diminish\w*|lower(?:s|ed|ing)|lessen\w*|degrad(?:es|ed|ing)|"
    r"deteriorat\w*|compromis\w*|impair\w*|spoil\w*|ruin\w*|destroy\w*|harm\w*|damag\w*|mar(?:s|red|ring)|"
    r"distract\w*|disturb\w*|disrupt\w*|interfer\w*|distort(?:s|ed|ing)|deform\w*|weaken\w*|rob\w*|"
    r"strip\w*|wip\w+|vanish\w*|disappear\w*|merg\w*|melt\w*|blend\w* together|bleed\w*|"
    r"run\w* together|fad(?:e|es|ed|ing)|dull(?:s|ed|ing)|sink\w*|break\w*|fragment\w*|"
    r"replac\w*|fray\w*|jumbl\w*|collide\w*|exaggerat\w*|overemphasi\w*|push\w*|lift\w*|suppress\w*|"
    r"simplif\w*|take(?:s|n)? (?:\w+ ){0,3}out of|"
    r"stand out less|suffers?|suffering|roughen\w*|coarsen\w*)"
)
_MAKES: Final = (
    r"(?:add(?:s|ed|ing)?|introduc\w+|produc\w+|creat\w+|caus\w+|draw(?:s|n|ing)?|leav(?:es|ing)|"
    r"scatter\w*|cover\w*|sprinkl\w*|pepper\w*|fill\w*|litter\w*|overlaid|outlin(?:es|ed|ing)|"
    r"surround\w*|lays?|result\w* in|emerg\w*|becom(?:es?|ing)|became|"
    r"(?:turn|break|split|divid|dissolv)\w* (?:\w+ ){0,8}?in(?:to)?)"
)
_MARKS: Final = (
    r"(?:patches|patchwork|blocks?|dots?|spots|squares|tiles?|steps|bands|stairs|rings|streaks?|"
    r"veil|cast|tint|glow|haze|stripes?|islands?)"
)
# Nobody's fur has them by nature.
_ODD_MARKS: Final = (
    r"(?:halos?|haloes|fringes|fringing|(?:bright|light|dark|white) rims?|specks?|speckles?|"
    r"flecks?|staircases?|jaggies|ringing|ripples|smears?|ghosts?|raster|mosaic|contouring|"
    r"false contours|graininess)"
)
_BECOMES: Final = (
    r"(?:looks?|looking|appear(?:s|ing)?|seem(?:s|ing)?|becom(?:es?|ing)|became|feels?|"
    r"takes? on|comes? across as|turn(?:s|ed|ing)?|made|rendered|left)"
)
# What something is that is not as it should be; a dog may well be dark or grey.
_BAD: Final = (
    r"(?:soft\w*|smooth\w*|mushy|waxy|plasticky?|muddy|murky|milky|misty|fuzzy|unclear|indistinct|"
    r"ill-defined|undefined|undiscernible|indiscernible|illegible|unreadable|unrecogni[sz]able|"
    r"unnatural\w*|artificial\w*|unpleasant\w*|unreal\w*|harsh\w*|rough\w*|coarse\w*|gritty|brittle|"
    r"jagged|ragged|frayed|blocky|crude\w*|uneven|restless|dull\w*|lifeless|"
    r"bleak|gloomy|so \w+|too \w+|overly \w+|garish\w*|lurid|neon\w*|glaring|oversized|"
    r"weak\w*|poor\w*|bad\w*|worse|less \w+|more difficult|messy|busy|cluttered|stepped|"
    r"posteri\w+|cartoon\w*|painted|painterly|simplified|lost|gone|missing|absent|hidden|"
    r"hard|difficult|impossible|barely \w+|hardly \w+|no longer \w+|not as \w+)"
)
_TONE: Final = r"(?:flat\w*|pale\w*|gr[ea]y\w*|dark\w*|heavy|thin|faded|bleached|white|black)"
_HARD: Final = re.compile(
    r"\b(?:hard(?:er)?|difficult|impossible|challenging|tricky) to (?:see|make out|tell|"
    r"distinguish|discern|recogni[sz]e|read|identify|perceive|follow|appreciate)"
    r"|\b(?:can|could) (?:hardly|barely|no longer|scarcely) be (?:\w+ )?"
    r"(?:seen|made out|told|distinguished|discerned|recogni[sz]ed|read)"
    r"|\b(?:no longer|hardly|barely|scarcely) (?:recogni[sz]able|legible|readable|distinguishable)"
    r"|\blittle (?:\w+ )?(?:to see|remains|is left|can be seen)\b"
    r"|\b(?:lowers?|poor) (?:\w+ ){0,3}quality\b"
    r"|\bquality (?:\w+ ){0,4}(?:is|looks) (?:poor|low|bad)\b|\bunharmed\b"
    r"|\b(?:melt\w*|blend\w*|merg\w*|dissolv\w*|fus(?:e|es|ing)|run(?:s|ning)?)"
    r" (?:in)?to(?:gether)?\b"
    r"|\bleav(?:es|ing) (?:only|nothing|little|hardly|barely|no)\b|\b(?:vanish\w*|disappear\w*)\b"
)
_NEAR: Final = r"(?:'s)?(?:[\s,'-]+[\w'-]+){0,8}?[\s,'-]+"
_DONE: Final = re.compile(
    rf"\b{_HARM}\b{_NEAR}{_THING}(?!\w)|(?<!\w){_PART}{_NEAR}{_HARM}\b"
    rf"|(?<!\w){_WHOLE} (?:\w+ ){{0,2}}(?:is|are|been|being|gets?) (?:\w+ ){{0,2}}{_HARM}\b"
)
_LEFT: Final = re.compile(
    rf"\b{_MAKES}\b{_NEAR}(?:{_MARKS}|{_ODD_MARKS})\b|\b{_MARKS}{_NEAR}{_MAKES}\b"
    rf"|\b(?:with|shows?|showing|into|appear\w*|visible|seen|a|as|lin(?:es|ed|ing)|are|form\w*)\b"
    rf"{_NEAR}{_ODD_MARKS}\b|\b{_ODD_MARKS}{_NEAR}(?:appear\w*|visible|seen|along|around)\b"
)
_TURNED: Final = re.compile(
    rf"(?<!\w){_THING}(?:{_NEAR}{_BECOMES}{_NEAR}(?:{_BAD}|{_TONE})|{_NEAR}(?:is|are){_NEAR}{_BAD})\b"
    rf"|\b(?:mak(?:es?|ing)|made(?! of)|render(?:s|ed|ing)?|turn(?:s|ed|ing)|leav(?:es|ing)|"
    rf"lends?|lending|giv(?:es?|ing)|let(?:s|ting)?|keep(?:s|ing)?)\b{_NEAR}{_THING}(?!\w)(?:'s)?"
    r"(?! (?:as (?:it|they)|natural|fine|alone|unharmed|intact|untouched|clear|clean|sharp))"
    r"(?=[\s,-]+[\w'-])"
)
_CLAUSE: Final = re.compile(r"[.;:!?]|,? but | although | though | while | whereas ")
_DENIED: Final = re.compile(
    r"\b(?:not|nothing|without|never|no|none|neither|nor|doesn't|don't|isn't|aren't)"
    r"(?:\s+[\w'-]+){0,2}\s*$"
)


def tells_of_harm(plain: str) -> bool:
    """Whether a clause says what happens to something.

    Args:
        plain: A text in which names of regions are underscores and names of distortions blank.
    """
    return any(_told(clause) for clause in _CLAUSE.split(plain.lower()))


def _told(clause: str) -> bool:
    for pattern in (_HARD, _DONE, _LEFT, _TURNED):
        for found in pattern.finditer(clause):
            if not _DENIED.search(clause[: found.start()]) and not _denied_within(found.group()):
                return True
    return False


def _denied_within(said: str) -> bool:
    """Whether it is denied in the middle: edges are not softened, detail is never lost."""
    return bool(re.search(r"\b(?:not|never) (?!only|just|as\b)", said))
