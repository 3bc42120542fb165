/**
 * Words from outside as the database takes them: Postgres has no NUL in a text, and in jsonb no half of a surrogate pair, such as cutting
 * at a length leaves of an emoji.
 */
export const keepable = (words: string, longest = Infinity): string => words.replaceAll('\0', '').slice(0, longest).replace(/\p{Surrogate}/gu, '\ufffd')
