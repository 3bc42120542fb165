/** How a text is sent by SMS. */
export interface SmsParts {
  parts: number
  /** What still fits into the last of them, in units of the alphabet. */
  left: number
  /** Why it is Unicode: the first character that GSM's own alphabet hasn't; null when it isn't. */
  odd: string | null
}

// 3GPP TS 23.038, 6.2.1: the default alphabet, and its extension, each of which takes two places (6.2.1.1).
const BASIC = new Set('@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà')
const EXTENDED = new Set('\f^{}\\[~]|€')

// A part of several has a header of six bytes (TS 23.040, 9.2.3.24.1): 153 of 160 seven-bit characters are left, 67 of 70 of UCS-2.
const LENGTHS = { gsm: [160, 153], unicode: [70, 67] } as const

/**
 * In how many parts a text goes by SMS: in GSM's own alphabet when it has every character, else in UCS-2. What takes two places (an
 * extended character, a surrogate pair) isn't split between two parts.
 */
export function smsParts (text: string): SmsParts {
  const characters = [...text]
  const odd = characters.find(character => !BASIC.has(character) && !EXTENDED.has(character)) ?? null
  const sizes = characters.map(character => odd === null ? EXTENDED.has(character) ? 2 : 1 : character.length)
  const [one, each] = LENGTHS[odd === null ? 'gsm' : 'unicode']
  const total = sizes.reduce((sum, size) => sum + size, 0)
  if (total <= one) return { parts: total === 0 ? 0 : 1, left: one - total, odd }
  let parts = 1
  let used = 0
  for (const size of sizes) {
    if (used + size > each) {
      parts++
      used = 0
    }
    used += size
  }
  return { parts, left: each - used, odd }
}
