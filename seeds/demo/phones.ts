import { getExampleNumber, parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/max'
import examples from 'libphonenumber-js/examples.mobile.json'
import { readNumber, type PhoneNumber } from '../../src/clients/phones/number.js'
import type { Chance } from './chance.js'

/** Numbering plans: # is any digit. Ranges that libphonenumber takes as mobile or landline of the country. */
const PLANS: Record<string, { mobile: string[], landline: string[] }> = {
  PL: {
    mobile: ['50# ### ###', '51# ### ###', '53# ### ###', '57# ### ###', '60# ### ###', '66# ### ###', '69# ### ###', '72# ### ###', '78# ### ###', '88# ### ###'],
    landline: ['71 3## ## ##', '71 3## ## ##', '71 7## ## ##', '22 8## ## ##', '12 6## ## ##']
  },
  ES: {
    mobile: ['60# ## ## ##', '61# ## ## ##', '63# ## ## ##', '65# ## ## ##', '66# ## ## ##', '68# ## ## ##', '69# ## ## ##'],
    landline: ['954 ## ## ##', '954 ## ## ##', '955 ## ## ##', '956 ## ## ##']
  },
  PT: { mobile: ['91# ### ###', '92# ### ###', '93# ### ###', '96# ### ###'], landline: ['21 3## ####', '21 7## ####', '21 8## ####', '265 5## ###'] },
  BR: { mobile: ['11 97###-####', '11 98###-####', '11 99###-####', '21 98###-####', '31 99###-####'], landline: ['11 2###-####', '11 3###-####', '21 2###-####'] }
}

/** A number of `country`, valid but made up, typed by someone in a company of the country `home`. */
export function makeNumber (chance: Chance, country: string, home: string, kind: 'mobile' | 'landline'): PhoneNumber {
  const number = parsePhoneNumberFromString(national(chance, country, kind), country as CountryCode)
  if (!number?.isValid()) return makeNumber(chance, country, home, kind)

  const typed = country === home ? typedAtHome(chance, number.formatNational(), number.formatInternational()) : typedAbroad(chance, number.formatInternational())
  const read = readNumber(typed, home)
  if (read.e164 === number.number) return read
  return readNumber(number.formatInternational(), home) // some countries' national format can't be read back
}

/** What somebody left unfinished, or mistyped. */
export function makeWrongNumber (chance: Chance, country: string, home: string): PhoneNumber {
  const { typed } = makeNumber(chance, country, home, 'mobile')
  const wrong = readNumber(chance.is(0.5) ? typed.slice(0, -3).trim() : `${typed}${chance.int(10, 99)}`, home)
  return wrong.e164 === null ? wrong : makeWrongNumber(chance, country, home)
}

function national (chance: Chance, country: string, kind: 'mobile' | 'landline'): string {
  const plan = PLANS[country]
  if (plan) return chance.digits(chance.pick(plan[kind]))
  const example = getExampleNumber(country as CountryCode, examples)
  const start = example ? `+${example.countryCallingCode}${example.nationalNumber}` : '+447400123456'
  return start.slice(0, -4) + chance.digits('####')
}

function typedAtHome (chance: Chance, local: string, international: string): string {
  return chance.weigh([
    [local, 55], [local.replace(/\D/g, ''), 20], [local.replace(/ /g, '-'), 8], [international, 14], [international.replace(/ /g, ''), 3]
  ])
}

function typedAbroad (chance: Chance, international: string): string {
  return chance.weigh([[international, 70], [international.replace(/ /g, ''), 22], [international.replace('+', '00'), 8]])
}
