import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import t from 'tap'
import { smsParts } from '../../src/messages/sms-parts.js'
import { inRoot } from '../../src/paths.js'
import { codePoint } from '../support/code-points.js'

t.test('the lengths of TS 23.038, at their edges', async t => {
  t.same(smsParts(''), { parts: 0, left: 160, odd: null })
  t.same(smsParts('a'.repeat(160)), { parts: 1, left: 0, odd: null })
  t.same(smsParts('a'.repeat(161)), { parts: 2, left: 145, odd: null })
  t.same(smsParts('a'.repeat(306)), { parts: 2, left: 0, odd: null })
  t.same(smsParts('a'.repeat(307)), { parts: 3, left: 152, odd: null })
  t.same(smsParts('€'.repeat(80)), { parts: 1, left: 0, odd: null })
  t.same(smsParts('a'.repeat(152) + '€' + 'a'.repeat(7)), { parts: 2, left: 144, odd: null }, 'an extended character is not split')
  t.same(smsParts('ś' + 'a'.repeat(69)), { parts: 1, left: 0, odd: 'ś' })
  t.same(smsParts('ś' + 'a'.repeat(70)), { parts: 2, left: 63, odd: 'ś' })
  t.same(smsParts(`ą${'a'.repeat(65)}🛵aaa`), { parts: 2, left: 62, odd: 'ą' }, 'nor is a pair of surrogates')
})

t.test('whatever is written', async t => {
  const { smsParts: inBrowser } = await import(pathToFileURL(inRoot('public', 'modules', 'sms-parts.js')).href) as { smsParts: typeof smsParts }
  const text = fc.oneof(fc.string({ unit: codePoint, maxLength: 500 }), fc.string({ unit: fc.constantFrom('a', '€', '[', 'ś', '🛵', '\n'), maxLength: 700 }), fc.string({ unit: fc.constantFrom('a', '€', '[', 'é', ' '), maxLength: 700 }))
  t.doesNotThrow(() => { fc.assert(fc.property(text, text, (one, other) => {
    const [all, some] = [smsParts(one + other), smsParts(one)]
    const [single, each] = all.odd === null ? [160, 153] : [70, 67]
    const units = [...one + other].reduce((sum, character) => sum + (all.odd === null && '\f^{}\\[~]|€'.includes(character) ? 2 : all.odd === null ? 1 : character.length), 0)
    const taken = all.parts * each - all.left
    // No part is left with more than one place, into which a pair didn't fit; more text takes no fewer parts.
    const isFull = all.parts > 1 ? units <= taken && taken <= units + all.parts - 1 : units === single - all.left
    const goesOn = all.parts >= some.parts && (some.odd === null || all.odd === some.odd)
    return isFull && goesOn && all.left >= 0 && JSON.stringify(all) === JSON.stringify(inBrowser(one + other))
  }), { numRuns: 300, seed: 7 }) })
})
