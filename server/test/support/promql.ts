/** The names of metrics that a PromQL expression asks for: what is left when words of the language and labels are taken out. @module */

const WORDS = new Set(
  `abs absent and bool by changes count delta deriv group_left group_right histogram_quantile ignoring increase
   label_replace label_values max max_over_time min min_over_time offset on or rate sum time topk unless vector without`.split(
    /\s+/,
  ),
);

export function metricsOf(expression: string): string[] {
  const bare = expression
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(?:by|on|without|ignoring)\s*\([^)]*\)/g, '')
    .replace(/"[^"]*"/g, '')
    .replace(/\boffset\s+\d+[smhd]/g, '');
  const names = bare.match(/[a-zA-Z_:][\w:]*/g) ?? [];
  return [...new Set(names.filter((name) => !WORDS.has(name)))];
}
