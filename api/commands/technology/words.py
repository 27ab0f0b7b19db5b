"""The texts of explanations of matches between demands and teams, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("en", "zh-CN")

# Reasons: code → text; a name in braces is a parameter. Both languages name the same ones.
REASONS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "for_words": "demand and team use the same words: {phrases}{evidence}",
        "for_no_words": "demand and team share hardly a word",
        "for_meaning": (
            "different words, close in meaning (cosine {cosine}): the demand says “{demand}”, "
            "the team “{document}”{name}"
        ),
        "for_code": "the same field: {path}",
        "for_indicator": "{indicator}: the team states “{stated}” ({document})",
        "for_readiness": (
            "the team works at readiness levels {low}-{high}, the demand needs {need}: "
            "levels short: {gap}"
        ),
        "for_record": "projects with a known end: {projects}, on time: {on_time}",
        "for_capacity": "room for projects now: {slots}",
        "against_unmet": "{indicator} is missed: the team states “{stated}” ({document})",
        "against_readiness": (
            "the team reaches readiness level {have}, the demand needs {need}; levels short: {gap}"
        ),
        "against_skill": "no evidence of the required skill “{skill}” at its level",
        "against_no_capacity": "no room for a project now",
        "against_capacity_unknown": "it is not known whether the team has room",
        "against_capacity_late": "the team is free from {date} only, after the deadline",
        "against_unknown": "no document states a value for {indicator}",
        "against_no_pilot": "no evidence of a pilot line",
        "against_late": "late projects: {late} of {projects}",
        "against_old": "the newest evidence is of {date}",
        "against_silent": "the team's documents do not mention {phrases}",
        "against_no_record": "no project with a known end",
        "against_untested": "what the documents say was not tested here",
        "change_consent": "the team agrees to be matched",
        "change_readiness": "the team shows readiness level {level}",
        "change_indicator": "a report that states “{indicator}”",
        "change_document": "a document on {phrases}",
        "change_projects": "more projects on time: {projects}",
        "change_code": "most of its work in {code}",
        "languages_differ": (
            "The demand is in {language}, and hardly a document of a team is: shared words cannot "
            "find what is written in another language. Do not trust this list. Way out: "
            "pip install 'parkloom[semantic]', then --scorer hybrid."
        ),
    },
    "zh-CN": {
        "for_words": "贵方需求与该团队在{phrases}上用词一致{evidence}",
        "for_no_words": "双方几乎没有相同用词",
        "for_meaning": (
            "表述不同、意思相近（余弦 {cosine}）：需求写“{demand}”，团队写“{document}”{name}"
        ),
        "for_code": "领域相同：{path}",
        "for_indicator": "{indicator}：团队资料载明“{stated}”（{document}）",
        "for_readiness": "该团队成熟度 {low}-{high} 级，需求要求 {need} 级，差 {gap} 级",
        "for_record": "已结题项目 {projects} 个，{on_time} 个按期",
        "for_capacity": "目前剩余能力 {slots} 个项目",
        "against_unmet": "{indicator}未达到：团队资料载明“{stated}”（{document}）",
        "against_readiness": "该团队成熟度最高 {have} 级，需求要求 {need} 级，差 {gap} 级",
        "against_skill": "没有所需技能“{skill}”达到要求的证据",
        "against_no_capacity": "目前没有剩余能力",
        "against_capacity_unknown": "剩余能力未知",
        "against_capacity_late": "该团队 {date} 起才有空，晚于需求期限",
        "against_unknown": "没有资料说明{indicator}的数值",
        "against_no_pilot": "没有中试场地的证据",
        "against_late": "{projects} 个项目中有 {late} 个延期",
        "against_old": "最新证据的日期是 {date}",
        "against_silent": "该团队资料没有提到{phrases}",
        "against_no_record": "没有已结题的项目",
        "against_untested": "资料所述未经本系统检验",
        "change_consent": "该团队同意参与撮合",
        "change_readiness": "该团队证明成熟度达到 {level} 级",
        "change_indicator": "有报告载明“{indicator}”",
        "change_document": "有关于{phrases}的资料",
        "change_projects": "再有 {projects} 个按期完成的项目",
        "change_code": "其主要工作属于 {code}",
        "languages_differ": (
            "需求语言为 {language}，而几乎没有该语言的团队资料："
            "靠相同用词找不到另一种语言写的内容，此名单不可信。"
            "解决办法：pip install 'parkloom[semantic]'，再用 --scorer hybrid。"
        ),
    },
}

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "because": "Recommended because: ",
        "however": " However: ",
        "newest": " Newest evidence: {date}.",
        "undated": " No dated evidence.",
        "join": "; ",
        "stop": ".",
        "comma": ", ",
        "phrase": "“{text}”",
        "evidence": " (evidence: {quotes})",
        "quote": "{document} of {date}: “{text}”",
        "quote_undated": "{document}: “{text}”",
        "parts": "What makes the score",
        "part": "part",
        "adds": "adds",
        "terms": "Words of the demand, and where the team uses them",
        "term": "words",
        "share": "share",
        "where": "where",
        "own": "in what the team says of itself",
        "related": "in similar company only",
        "rest": "all other words",
        "lexical": "words",
        "semantic": "meaning",
        "codes": "field",
        "indicators": "indicators",
        "trl": "readiness",
        "record": "record",
        "unavailable": "unavailable",
        "score": "score",
        "all_against": "What speaks against it",
        "reach_list": "What would bring it into the first {goal} (each tried and scored again)",
        "reach_head": "What would bring it to the head of the list (each tried and scored again)",
        "change": "change",
        "rank": "rank",
        "none": "None of the changes that were tried would, alone or together.",
        "first": "It leads the list.",
        "not_allowed": (
            "It may not be matched: no consent, or over three levels of readiness short."
        ),
        "ranking": "Demand {name}: {title}",
        "provider": "team",
        "why": "why",
    },
    "zh-CN": {
        "because": "推荐理由：",
        "however": "不利因素：",
        "newest": "最新证据日期：{date}。",
        "undated": "证据均无日期。",
        "join": "；",
        "stop": "。",
        "comma": "、",
        "phrase": "【{text}】",
        "evidence": "（证据：{quotes}）",
        "quote": "{date} {document}“{text}”",
        "quote_undated": "{document}“{text}”",
        "parts": "得分构成",
        "part": "部分",
        "adds": "贡献",
        "terms": "需求用词及其在团队资料中的出处",
        "term": "用词",
        "share": "占比",
        "where": "出处",
        "own": "团队自述",
        "related": "仅语境相近",
        "rest": "其余用词",
        "lexical": "用词",
        "semantic": "语义",
        "codes": "领域",
        "indicators": "指标",
        "trl": "成熟度",
        "record": "履约",
        "unavailable": "不可用",
        "score": "得分",
        "all_against": "不利因素",
        "reach_list": "怎样才能进入前 {goal} 名（每项都已重新评分）",
        "reach_head": "怎样才能排到第一（每项都已重新评分）",
        "change": "改动",
        "rank": "名次",
        "none": "已尝试的改动无论单独或合并都不够。",
        "first": "已排在第一。",
        "not_allowed": "不能参与撮合：未同意，或成熟度相差超过三级。",
        "ranking": "需求 {name}：{title}",
        "provider": "团队",
        "why": "理由",
    },
}
