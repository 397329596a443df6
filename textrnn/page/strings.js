/** What the page says, in English and Chinese. */

const ENGLISH = {
  ask: "A text", many: "Many texts", model: "About the model",
  text: "Text", first: "First text", secondText: "Second text, or the first one edited",
  compare: "Compare with a second text", alone: "One text only", placeholder: "Type or paste a text",
  offline: "The model is in this file. Nothing that you type leaves this machine.",
  served: "A server computes the answers.", logged: "A server computes the answers, and keeps the texts.", loading: "The model is being read …",
  accepted: "Accepted", unsure: "Not accepted: the model is not sure enough",
  below: "Not accepted: this label needs a probability of {0}", never: "Not accepted: this label is never accepted",
  costly: "Not accepted: no prediction costs less", noLabel: "No label",
  cut: "The text is long: the network read {0} of its tokens.", unknown: "{0} of its words are unknown to the model.",
  more: "{0} more", all: "All probabilities", words: "Words that speak for {0}, and against it", value: "the number",
  speaksFor: "For {0}", speaksAgainst: "Against", none: "none", waiting: "…",
  same: "Both texts get {0}.", differs: "The label changes from {0} to {1}.", changed: "What changed:",
  moves: "{0}: {1} to {2}", away: "The server does not answer. The page tries again by itself.",
  failed: "This could not be done: {0}", drop: "Drop a CSV file here, or choose one", column: "Column with the texts",
  header: "The first row has the names of columns", start: "Predict {0} rows", stop: "Stop", done: "{0} of {1} rows",
  filter: "Show rows with", every: "every label", label: "Label", probability: "Probability", takes: "Accepted",
  yes: "yes", no: "no", download: "Download CSV with all columns", shown: "{0} of {1} rows are shown", next: "Show more",
  row: "Row", unreadable: "Expected rows with a text, found none in {0}.", classes: "{0} classes: {1}", number: "It predicts a number.",
  score: "{0} {1}, {2} to {3} in 95 of 100 samples", scoreOnly: "{0} {1}", slices: "Where it is weak", slice: "Texts", rows: "Rows",
  card: "The whole card", sorted: "sort by {0}", columns: "This model reads several columns; the page has room for one text.",
  undecided: "No score is known.", token: "This server asks for a token", send: "Send",
};

const CHINESE = {
  ask: "一段文本", many: "批量文本", model: "关于模型",
  text: "文本", first: "第一段文本", secondText: "第二段文本，或修改后的第一段",
  compare: "与另一段文本比较", alone: "只看一段文本", placeholder: "输入或粘贴文本",
  offline: "模型就在这个文件里，您输入的内容不会离开本机。",
  served: "由服务器计算结果。", logged: "由服务器计算结果，服务器会保存文本。", loading: "正在读取模型……",
  accepted: "采纳", unsure: "不采纳：模型不够确定",
  below: "不采纳：该标签需要 {0} 的概率", never: "不采纳：该标签从不被采纳",
  costly: "不采纳：不作预测的代价更小", noLabel: "没有标签",
  cut: "文本较长：网络读取了其中 {0} 个词元。", unknown: "有 {0} 的词模型不认识。",
  more: "其余 {0} 个", all: "全部概率", words: "支持和反对“{0}”的词", value: "该数值",
  speaksFor: "支持 {0}", speaksAgainst: "反对", none: "无", waiting: "……",
  same: "两段文本的结果都是 {0}。", differs: "标签由 {0} 变为 {1}。", changed: "改动：",
  moves: "{0}：{1} 变为 {2}", away: "服务器没有响应，页面会自动重试。",
  failed: "无法完成：{0}", drop: "把 CSV 文件拖到这里，或选择文件", column: "文本所在的列",
  header: "第一行是列名", start: "预测 {0} 行", stop: "停止", done: "已完成 {0} / {1} 行",
  filter: "只显示包含以下内容的行", every: "所有标签", label: "标签", probability: "概率", takes: "采纳",
  yes: "是", no: "否", download: "下载含全部列的 CSV", shown: "显示 {0} / {1} 行", next: "显示更多",
  row: "行", unreadable: "{0} 中没有找到带文本的行。", classes: "{0} 个类别：{1}", number: "模型预测一个数值。",
  score: "{0} {1}，95% 置信区间 {2} 至 {3}", scoreOnly: "{0} {1}", slices: "较弱的部分", slice: "文本", rows: "行数",
  card: "完整的模型卡", sorted: "按{0}排序", columns: "该模型需要多列输入，此页面只能输入一段文本。",
  undecided: "没有已知的分数。", token: "此服务器需要令牌", send: "提交",
};

const language = (globalThis.navigator?.language ?? "en").toLowerCase().startsWith("zh") ? "zh" : "en";
const strings = language === "zh" ? CHINESE : ENGLISH;

/** The string of this name in the browser's language, {0} and so on replaced by `values`. */
export function say(name, ...values) {
  return strings[name].replace(/\{(\d)\}/g, (_, place) => values[place]);
}

export const languageTag = language === "zh" ? "zh-Hans" : "en";

/** A share as per cent, a number with few digits. */
export const percent = (share) =>
  share.toLocaleString(languageTag, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
export const figure = (value) => value.toLocaleString(languageTag, { maximumSignificantDigits: 6 });
export const count = (value) => value.toLocaleString(languageTag);
