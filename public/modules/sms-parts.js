// Counts the parts of an SMS as it is typed, by the rules of src/messages/sms-parts.ts: a test compares the two.
const BASIC = new Set('@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà')
const EXTENDED = new Set('\f^{}\\[~]|€')

export function smsParts (text) {
  const characters = [...text]
  const odd = characters.find(character => !BASIC.has(character) && !EXTENDED.has(character)) ?? null
  const sizes = characters.map(character => odd === null ? EXTENDED.has(character) ? 2 : 1 : character.length)
  const [one, each] = odd === null ? [160, 153] : [70, 67]
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

// The words stand in the page, in the reader's language: data-one, data-few, ... by the rules of its plurals.
function tell (field) {
  const place = document.getElementById(field.dataset.parts)
  if (!place) return
  const { lang } = document.documentElement
  const { parts, left, odd } = smsParts(field.value.replace(/\r\n?/g, '\n').trim())
  const plural = (name, count) => (place.dataset[`${name}${new Intl.PluralRules(lang).select(count).replace(/^./, letter => letter.toUpperCase())}`] ?? place.dataset[`${name}Other`]).replace('{{count}}', count.toLocaleString(lang))
  place.textContent = `${plural('parts', parts)}, ${plural('left', left)}${odd === null ? '' : ` · ${place.dataset.odd.replace('{{character}}', odd)}`}`
}

if (typeof document !== 'undefined') {
  document.addEventListener('input', ({ target }) => { if (target.matches?.('textarea[data-parts]')) tell(target) })
  for (const field of document.querySelectorAll('textarea[data-parts]')) tell(field)
}
