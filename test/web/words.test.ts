import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { AUDIT_CHOICES, AUDIT_FIELDS, AUDIT_GROUPS, AUDIT_KINDS } from '../../src/audit/entry.js'
import { UNITS, WAYS } from '../../src/automation/form.js'
import { EVENT_KEYS, OBSTACLES, OUTCOMES, WHYS } from '../../src/automation/rule.js'
import { CHECKS, FIELDS as MAPPED, MEANINGS } from '../../src/calls/adapters/webhook.js'
import { ADAPTERS, DIRECTIONS, FAILURES, STATES as STATES_OF_CALLS } from '../../src/calls/call.js'
import { campaigns } from '../../src/campaigns/list.js'
import { manyClients } from '../../src/clients/many.js'
import { FIELDS, KINDS, TAG_COLOURS } from '../../src/clients/client.js'
import { FILE_KINDS } from '../../src/files/file.js'
import { HOWS, SOURCES } from '../../src/clients/consents/consent.js'
import { CERTAINTIES, REASONS } from '../../src/clients/duplicates/queries.js'
import { FEED_FILTERS } from '../../src/feed/event.js'
import { MAIL_KINDS, MAIL_STATES, PROBLEMS } from '../../src/mail/outbox/queries.js'
import { SECURITIES } from '../../src/mail/queries.js'
import { FIELD_GROUPS, GATEWAY_CHANNELS } from '../../src/messages/gateways/adapter.js'
import { ADAPTER_KEYS, adapterOf } from '../../src/messages/gateways/adapters.js'
import { RULES, SEND_PROBLEMS } from '../../src/messages/fate.js'
import { CAUSES, MESSAGE_STATES } from '../../src/messages/message.js'
import { SHOWS as INBOX_SHOWS } from '../../src/conversations/inbox/filter.js'
import { PROBLEMS as MAILBOX_PROBLEMS } from '../../src/mailboxes/mailbox.js'
import { MAILING_STATES, WHYS as MAILING_WHYS } from '../../src/mailings/mailing.js'
import { GROUPS } from '../../src/leads/lead.js'
import { CHANNELS, NOTICES } from '../../src/notifications/notice.js'
import { BY, WHEN } from '../../src/reports/leads/filter.js'
import { SHOWS, SORTS } from '../../src/leads/list/filter.js'
import { manyLeads } from '../../src/leads/many.js'
import { TYPE_ICONS } from '../../src/lead-settings/form.js'
import { RESTARTS } from '../../src/lead-settings/template.js'
import { KEEP_REASONS } from '../../src/lead-statuses/queries.js'
import { CLOCKS, WON_BY } from '../../src/lead-statuses/form.js'
import { UNIT_NAMES } from '../../src/lead-statuses/limit.js'
import { ACTION_STATES, type ActsOnMany } from '../../src/many/actions/action.js'
import { locations } from '../../src/locations/list.js'
import { CHANGES } from '../../src/form-editor/changes.js'
import { FIELD_KINDS, ITEMS_OF, SUBJECTS } from '../../src/form-editor/definition.js'
import { HOWS as ASKS } from '../../src/list-views/condition.js'
import { GOES_ON, STATES, VERDICTS } from '../../src/imports/import.js'
import { FOUND_WRONG, SKIP_REASONS } from '../../src/imports/matching/queries.js'
import { CREATES, EXISTING } from '../../src/imports/rules.js'
import { TARGET_WORDS } from '../../src/imports/columns/targets.js'
import { REMARKS, UNREADABLE } from '../../src/imports/reading/reading.js'
import { inRoot } from '../../src/paths.js'
import { BUILT_IN_TYPES } from '../../src/phone-types/form.js'
import { phoneTypes } from '../../src/phone-types/list.js'
import { priceTypes } from '../../src/price-types/list.js'
import { BUILT_IN_ROLES, RIGHT_GROUPS, RIGHTS } from '../../src/rights.js'
import { tags } from '../../src/tags/list.js'
import { TEMPLATE_CHANNELS } from '../../src/templates/template.js'
import { VARIABLES } from '../../src/templates/variables.js'
import { LANGUAGES } from '../../src/web/viewer.js'

const files = [...filesIn('views', '.eta'), ...filesIn('src', '.ts')]

const httpErrors = [...new Set(files.flatMap(file => [...text(file).matchAll(/(?:HttpError|super) ?\([\w.]+, '(\w+)'|\[\d{3}, '(\w+)'\]/g)].map(([, thrown, known]) => thrown ?? known!)))]

const FIELDS_OF_GATEWAYS = ADAPTER_KEYS.flatMap(key => adapterOf(key).fields)

const CONTACTS = ['phone', 'email']

const LISTS = [campaigns, locations, phoneTypes, priceTypes, tags].map(list => list.words)

const MANY: readonly ActsOnMany[] = [manyClients, manyLeads]
const ofMany = (...keys: string[]) => Object.fromEntries(keys.map(key => [`*.${key}`, MANY.map(({ words }) => words)]))

/**
 * Keys that are put together where they are used, as they stand there with `*` for what is filled in, and what can be.
 * Every other key is written out in full; a key put together in a way that isn't listed here fails.
 */
const PUT_TOGETHER: Record<string, readonly (string | readonly string[])[]> = {
  'rights.*': RIGHTS,
  'roles.*': Object.keys(BUILT_IN_ROLES),
  'roles.group_*': Object.keys(RIGHT_GROUPS),
  'lead_statuses.*': ['new_lead', 'in_work', 'waiting', 'successful_order', 'successful_sale', 'expensive', 'canceled', 'mishandled'], // of migrations/0025_create_leads.ts
  'lead_types.*': ['lead', 'missed_call'],
  'leads_list.shows.*': SHOWS,
  'leads_list.sorts.*': SORTS,
  'lead_groups.*': GROUPS,
  'leads.fields.*': ['type', 'contact_name', 'phones', 'campaign_id', 'comment', 'due', 'urgent', 'location_id', 'manager_id', 'lost_reason'], // of src/leads/feed/event.ts
  'lead_report.by.*': BY,
  'lead_report.when.*': WHEN,
  'automation.events.*': EVENT_KEYS,
  'automation.units.*': Object.keys(UNITS),
  'automation.way_*': WAYS.map(String),
  'automation.sides.*': ['before', 'after'],
  'automation.whys.*': WHYS,
  'automation.obstacles.*': OBSTACLES,
  'automation.outcomes.*': OUTCOMES,
  'templates.channels.*': TEMPLATE_CHANNELS,
  'templates.groups.*': Object.keys(VARIABLES),
  'templates.variables.*.*': Object.entries(VARIABLES).flatMap(([group, keys]) => keys.map(key => [group, key])),
  'templates.variables.company.*': ['phone', 'email', 'address'],
  'templates.variables.link.*': VARIABLES.link,
  'notifications.events.*': NOTICES,
  'notifications.says.*': [...NOTICES, 'talk'],
  'notifications.channels.*': CHANNELS,
  'employees.invited_*': ['queued', 'caught', 'withheld'],
  'employees.link_*': ['queued', 'caught', 'withheld'],
  'sign_in.link_*': ['used', 'expired', 'unknown'],
  'calls.told.*_*': DIRECTIONS.flatMap(direction => STATES_OF_CALLS.map(state => [direction, state])),
  'calls.says.*': ['calling', 'ringing', 'answered', 'ended', 'missed', 'busy'],
  'calls.failures.*': FAILURES,
  'calls.shows.*': ['in', 'missed', 'out'],
  'telephony.adapters.*': ADAPTERS,
  'telephony.adapter_lines.*': ADAPTERS,
  'telephony.checks.*': CHECKS,
  'telephony.mapped.*': MAPPED,
  'telephony.meanings.*': MEANINGS,
  'telephony.schemes.*': ['tel', 'sip'],
  'telephony.fields.*': ['check', 'header', 'call_url', 'account', 'number', 'rings', 'api', 'url', 'user', 'app', 'endpoint', 'incoming', 'outgoing', 'missed_type', 'scheme', 'sip_domain'],
  'mailings.*_now': ['paused', 'resumed', 'stopped'],
  'mailings.states.*': MAILING_STATES,
  'mailings.why.*': MAILING_WHYS,
  'inbox.shows.*': INBOX_SHOWS,
  'inbox.none.*': INBOX_SHOWS,
  'messages.states.*': MESSAGE_STATES,
  'messages.causes.*': CAUSES,
  'messages.problems.*': [...SEND_PROBLEMS, ...RULES],
  'gateways.adapters.*': ADAPTER_KEYS,
  'gateways.hook_lines.*': ADAPTER_KEYS,
  'gateways.groups.*': FIELD_GROUPS,
  'gateways.senders.*': GATEWAY_CHANNELS,
  'gateways.fields.*': FIELDS_OF_GATEWAYS.map(({ name }) => name),
  'gateways.hints.*': FIELDS_OF_GATEWAYS.map(({ name }) => name),
  'gateways.choices.*': FIELDS_OF_GATEWAYS.flatMap(({ name, choices = [] }) => name === 'method' ? [] : choices),
  'mail.kinds.*': MAIL_KINDS,
  'mail.states.*': MAIL_STATES,
  'mail.problems.*': PROBLEMS,
  'mail.security_*': SECURITIES,
  'mailboxes.problems.*': MAILBOX_PROBLEMS,
  'mailboxes.security_*': SECURITIES,
  'audit.kinds.*': AUDIT_KINDS,
  'audit.groups.*': AUDIT_GROUPS,
  'audit.fields.*': Object.keys(AUDIT_FIELDS),
  'audit.choices.*': AUDIT_CHOICES,
  'phone_types.*': BUILT_IN_TYPES,
  '*.title': [...LISTS, ...MANY.map(({ table }) => table)],
  '*.lead': LISTS,
  '*.none_yet': [...LISTS, ...MANY.map(({ words }) => words)],
  '*.add_one': LISTS,
  '*.new': LISTS,
  '*.about': LISTS,
  'tags.colours.*': TAG_COLOURS,
  'clients.*': ['all', 'people', 'companies', 'suppliers', 'conflicted', 'archived_ones'], // of views/clients/list/_filters.eta
  'actions.states.*': ACTION_STATES,
  ...ofMany('full', 'whom', 'of_selected', 'of_matching', 'of_all', 'changed', 'failed_after', 'stopped_after', 'left', 'forgotten', 'select_again', 'to_list', 'rows', 'changed_ones', 'none_changed', 'row_gone', 'nobody', 'export', 'hidden_contacts'),
  ...Object.fromEntries(['nothing_left', 'for_good', 'number', 'type_number'].map(key => [`*.${key}`, MANY.filter(({ kinds }) => Object.values(kinds).some(kind => kind.confirms)).map(({ words }) => words)])),
  '*.kinds.*': MANY.flatMap(({ words, kinds }) => Object.keys(kinds).map(kind => [words, kind])),
  '*.skipped.*': MANY.flatMap(({ words, skipped }) => skipped.map(why => [words, why])),
  '*.why.*': MANY.flatMap(({ words, skipped }) => skipped.map(why => [words, why])),
  'clients.kinds.*': KINDS,
  'duplicates.reasons.*': REASONS,
  'duplicates.certainties.*': Object.keys(CERTAINTIES),
  'duplicates.at_least.*': Object.keys(CERTAINTIES),
  'imports.targets.*': TARGET_WORDS,
  'imports.states.*': STATES,
  'imports.verdicts.*': [...VERDICTS, 'kept'],
  'imports.goes_on.*': GOES_ON,
  'imports.groups.*': ['client', 'contacts', 'more', 'own', 'consents'],
  'imports.existings.*': EXISTING,
  'imports.existing_lines.*': EXISTING,
  'imports.create.*': CREATES,
  'imports.wrong.*': ['campaign', 'location', ...FOUND_WRONG],
  'imports.reasons.*': SKIP_REASONS,
  'imports.targets.phone_*': BUILT_IN_TYPES,
  'list.how.*': [...new Set(Object.values(ASKS).flat())].filter(how => how !== 'among'),
  'fields.*': [...FIELDS, ...CONTACTS],
  'feed.fields.*': FIELDS.filter(field => field !== 'is_supplier' && field !== 'is_conflicted'), // these have sentences of their own
  'files.refused.*': FILE_KINDS,
  'files.kind.*': FILE_KINDS,
  'files.kind_line.*': FILE_KINDS,
  'feed.show.*': Object.keys(FEED_FILTERS.client),
  '*s.taken': CONTACTS,
  '*s.shared': CONTACTS,
  '*s.twice': CONTACTS,
  '*s.has_already': CONTACTS,
  '*s.there_again': CONTACTS,
  '*s.changed_meanwhile': CONTACTS,
  '*s.removed_meanwhile': CONTACTS,
  '*s.last_needed': CONTACTS,
  '*s.removed': CONTACTS,
  '*s.*': CONTACTS.flatMap(contact => [[contact, 'taken'], [contact, 'restored']]),
  'form_editor.kinds.*': FIELD_KINDS,
  'form_editor.system.client.*': ITEMS_OF.client,
  'form_editor.system.lead.*': ITEMS_OF.lead,
  'form_editor.system.*.*': SUBJECTS.flatMap(subject => ITEMS_OF[subject].map(item => [subject, item])),
  'form_editor.subjects.*': [...SUBJECTS],
  'form_editor.heads.*': [...SUBJECTS],
  'form_editor.first.*': [...SUBJECTS],
  'form_editor.somebody.*': [...SUBJECTS],
  'form_editor.changes.*': CHANGES,
  'form_editor.forms.*': KINDS,
  'form_editor.languages.*': LANGUAGES,
  'own.sections.*': ['contacts', 'marketing'], // of migrations/0007_shape_forms.ts
  'consent.hows.*': [...HOWS, 'changed'],
  'consent.sources.*': SOURCES,
  'map.fields.*': ['tile_url', 'attribution', 'attribution_url', 'geocoder_url', 'contact'], // of src/map/queries.ts
  'map.hints.*': ['tile_url', 'attribution', 'attribution_url', 'geocoder_url', 'contact'],
  'place.problems.*': ['missing', 'busy', 'refused', 'failed', 'off'], // of src/map/geocoder.ts
  'exports.groups.*': ['lead', 'client', 'contacts', 'more', 'own', 'consents'],
  'imports.remarks.*': REMARKS,
  'imports.template.own.*': FIELD_KINDS,
  'imports.template.required.*': ['all', 'people', 'companies'],
  'imports.unreadable.*': UNREADABLE,
  'lead_settings.*': ['template_long', 'template_signs', 'template_unknown', 'template_brace', 'template_no_counter', 'template_counters', 'template_location'], // of src/lead-settings/template.ts
  'lead_settings.restarts_*': RESTARTS,
  'lead_settings.icons.*': TYPE_ICONS.map(icon => icon.replaceAll('-', '_')),
  'lead_status_form.*': KEEP_REASONS,
  'lead_status_form.in_*': UNIT_NAMES,
  'lead_status_form.units.*': UNIT_NAMES,
  'lead_status_form.clocks.*': CLOCKS,
  'lead_status_form.by_*': WON_BY,
  'errors.*.title': httpErrors,
  'errors.*.text': httpErrors
}

/** What a language doesn't say, as it has another word for the same thing, with the keys that mean something else by it. */
const OTHERWISE: Record<string, readonly (readonly [RegExp, RegExp?])[]> = {
  en: [[/\beras|’|(?<!-)\bmails\b|\bemail|\balerts\b|\bletters? (?:to|a|of|is|are|was)\b/i, /^imports\.remarks\.odd_characters$/]],
  es: [
    [/\bborr|para siempre|\bemail|\be-mail|\bcartas?\b|buzón de prueba(?!s)|\busted\b|\bajustes > (?!cámara)/i], [/\bgrabar\b/i, /^telephony\.records$/],
    [/(?<!\p{L})(?:elija|escriba|marque|pulse|rellene|indique|pregunte|revise|busque|añada|copie)(?!\p{L})/iu] // "tú", and so never "usted"
  ],
  pl: [[/\betykiet|\bskasuj|\bskasow|na dobre|\btrwale\b|\bodnośnik|\(a\)|\bwybory\b|(?<!\p{L})(?:listów|listem|listu|wasz\p{L}*)(?!\p{L})/iu], [/(?<!\p{L})tw(?:ój|oje|oja|ojej|ojego)(?!\p{L})/u]],
  pt: [[/\bapag|para sempre|\bconfigurações|\bvocê|meio-tempo|\bassinal|\bcartas?\b|[«»]|\b(?:usuári|celular|equipe\b|contato|registro)/i], [/\bgrav(?!aç)/i, /^telephony\.records$/]]
}

const words = new Map(LANGUAGES.map(language => [language, flat(JSON.parse(text(`views/locales/${language}.json`)))] as const))
const english = words.get('en')!

t.test('every language has the same words', async t => {
  const wanted = [...new Set([...english.keys()].map(keyOf))].sort()
  for (const [language, there] of words) {
    const has = [...new Set([...there.keys()].map(keyOf))].sort()
    t.same(wanted.filter(key => !has.includes(key)), [], `none is missing in ${language}`)
    t.same(has.filter(key => !wanted.includes(key)), [], `${language} has none that English lacks`)
    t.same([...there].filter(([, said]) => said.trim() === '' || said !== said.trim() || said.includes('  ')).map(([key]) => key), [], `none is empty or ragged in ${language}`)
  }
})

t.test('a plural has the forms of its language', async t => {
  for (const [language, there] of words) {
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories
    for (const key of new Set([...there.keys()].filter(isForm).map(keyOf))) {
      const has = [...there.keys()].filter(form => isForm(form) && keyOf(form) === key).map(form => form.slice(key.length + 1))
      t.same(has.sort(), forms.sort(), `${key} in ${language}`)
    }
  }
})

t.test('what is filled in has the same names in every language', async t => {
  const inEnglish = new Map<string, string>()
  for (const [form, said] of english) inEnglish.set(keyOf(form), `${inEnglish.get(keyOf(form)) ?? ''},${said}`)
  for (const [language, there] of words) {
    const wrong = [...there.keys()].filter(form => {
      const wanted = namesOf(inEnglish.get(keyOf(form))!)
      const has = namesOf(there.get(form)!)
      // "One field" needn't say 1.
      return isForm(form) && form.endsWith('_one') ? has.some(name => !wanted.includes(name)) : has.join() !== wanted.join()
    })
    t.same(wrong, [], language)
    t.same([...there].filter(([, said]) => /[{}]/.test(said.replace(/\{\{\w+\}\}/g, ''))).map(([key]) => key), [], `no stray braces in ${language}`)
  }
})

t.test('one thing is called by one word', async t => {
  for (const [language, there] of words) {
    for (const [word, save] of OTHERWISE[language]!) t.same([...there].filter(([key, said]) => word.test(said.replace(/{{\w+}}/g, '')) && !save?.test(key)).map(([key, said]) => `${key}: ${said}`), [], `${language} doesn't say ${word.source}`)
  }
})

t.test('every key that is used has words, and all words are used', async t => {
  const used = new Set<string>()
  const there = new Set([...english.keys()].map(keyOf))
  const patterns = new Set<string>()
  for (const file of files) {
    for (const key of keysIn(file)) {
      if (!key.includes('*')) {
        used.add(key)
        if (!there.has(key)) t.fail(`${file} uses ${key}, and there are no words for it`)
      } else if (PUT_TOGETHER[key]) patterns.add(key)
      else t.fail(`${file} puts ${key} together: list it in PUT_TOGETHER`)
    }
  }
  for (const [pattern, fillings] of Object.entries(PUT_TOGETHER)) {
    t.ok(patterns.has(pattern), `${pattern} is put together somewhere`)
    t.ok(fillings.length > 0, `${pattern} can be filled in`)
    for (const filling of fillings) {
      const key = [filling].flat().reduce((key, part) => key.replace('*', part), pattern)
      used.add(key)
      if (!there.has(key)) t.fail(`${pattern} becomes ${key}, and there are no words for it`)
    }
  }
  t.same([...there].filter(key => !used.has(key)), [], 'words that nothing uses')
})

t.test('a page says nothing but words of the locales', async t => {
  for (const file of files.filter(file => file.endsWith('.eta'))) {
    const page = text(file).replace(/<%[^]*?%>/g, '').replaceAll('Clientela', '')
    const between = page.replace(/<[^>]*>|[\w:-]+="[^"]*"/g, ' ')
    const said = [...between.matchAll(/\p{L}{2,}/gu), ...page.matchAll(/(?:title|placeholder|aria-label|alt)="[^"]*\p{L}[^"]*"/gu)].map(([words]) => words)
    t.same(said, [], file)
  }
})

/**
 * Keys in a file, `*` for each `${…}`. In a view: the strings in the first argument of `t(…)`, and any other 'section.name' of the
 * locales that isn't a right. In a module: the same of t, issue and flash, and 'section.name' in fail(…) or after `key:`, `error:` or `return`.
 */
function keysIn (file: string): Set<string> {
  const code = text(file).replace(/\/\*[^]*?\*\/|<%#[^]*?%>|[!=]== '[^']*'|(?<=[{,]\s*)'[^']*':/g, '') // comments, comparisons and names of properties
  const keys = new Set<string>()
  for (const { index, 0: call } of code.matchAll(/(?<![\w$])(?:t|issue|flash)\(/g)) {
    for (const key of stringsIn(firstArgument(code.slice(index + call.length)))) keys.add(key)
  }
  if (file.endsWith('.ts')) {
    for (const [said] of code.matchAll(/\bfail\([^\n]*|\b(?:key:|error:|return) ?(?:[^,;}\n'`]*\? )?(?:'[\w.]+'(?: : '[\w.]+')?|`[^`]*`)/g)) for (const key of stringsIn(said)) if (/^[\w*]+(\.[\w*]+)+$/.test(key)) keys.add(key)
  } else {
    const sections = new Set([...english.keys()].filter(key => key.includes('.')).map(key => key.split('.')[0]!))
    for (const [, key] of code.matchAll(/'([a-z_]+(?:\.[a-z_]+)+)'/g)) if (sections.has(key!.split('.')[0]!) && !(RIGHTS as readonly string[]).includes(key!)) keys.add(key!)
  }
  return keys
}

/** What stands before the first comma that is outside all brackets and quotes. */
function firstArgument (code: string): string {
  let depth = 0
  for (const { index, 0: part } of code.matchAll(/'[^']*'|`(?:\$\{[^}]*\}|[^`])*`|[([{]|[)\]}]|,/g)) {
    if ('([{'.includes(part)) depth++
    else if (')]}'.includes(part) && depth-- === 0) return code.slice(0, index)
    else if (part === ',' && depth === 0) return code.slice(0, index)
  }
  return code
}

/** The strings of an expression, save those that index. */
const stringsIn = (expression: string): string[] =>
  [...expression.matchAll(/(?<!\[)'([\w.]+)'|`((?:\$\{[^}]*\}|[^`])*)`/g)].map(([, plain, template]) => plain ?? template!.replace(/\$\{[^}]*\}/g, '*'))

/** Whether a key is one of the forms of a plural: "fix_one" is, where there is a "fix_other" too. */
function isForm (key: string): boolean {
  const [, plural] = /^(.+)_(?:zero|one|two|few|many|other)$/.exec(key) ?? []
  return plural !== undefined && english.has(`${plural}_other`)
}

/** The key as the code asks for it, without the form of a plural. */
function keyOf (key: string): string { return isForm(key) ? key.slice(0, key.lastIndexOf('_')) : key }

function namesOf (said: string): string[] { return [...new Set([...said.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name!))].sort() }

function flat (nested: object, path = ''): Map<string, string> {
  return new Map(Object.entries(nested).flatMap(([key, said]) => typeof said === 'string' ? [[path + key, said] as const] : [...flat(said as object, `${path}${key}.`)]))
}

function filesIn (folder: string, ending: string): string[] {
  return readdirSync(inRoot(folder), { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith(ending)).map(name => `${folder}/${name.replaceAll('\\', '/')}`).sort()
}

function text (file: string): string { return readFileSync(inRoot(file), 'utf8') }
