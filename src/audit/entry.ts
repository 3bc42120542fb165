import { RESTARTS } from '../lead-settings/template.js'
import { GROUPS } from '../leads/lead.js'

/**
 * Everything that the audit log tells of. The part before the dot is the group that the log can be narrowed to. A new kind is a line
 * here, and its words in the locales under `audit.kinds.<kind>`; a new group is also a word under `audit.groups`.
 */
export const AUDIT_KINDS = [
  'clients.exported',
  'clients.data_given',
  'clients.erased',
  'settings.general',
  'settings.uniqueness',
  'settings.mail',
  'settings.mailbox_emptied',
  'settings.map',
  'settings.files',
  'settings.logo',
  'settings.consent',
  'settings.hours',
  'lists.phone_types',
  'lists.tags',
  'lists.campaigns',
  'lists.locations',
  'lists.price_types',
  'views.shared',
  'views.changed',
  'views.unshared',
  'views.removed',
  'views.restored',
  'views.role_opening',
  'roles.created',
  'roles.renamed',
  'roles.deleted',
  'roles.rights',
  'roles.two_steps',
  'employees.invited',
  'employees.changed',
  'employees.link',
  'employees.deactivated',
  'employees.activated',
  'employees.owner_made',
  'employees.owner_reset',
  'safety.invitation_accepted',
  'safety.password',
  'safety.email',
  'safety.sessions_ended',
  'safety.two_steps_on',
  'safety.two_steps_off',
  'safety.two_steps_reset',
  'safety.recovery_codes',
  'safety.recovery_code_used',
  'safety.view_as',
  'safety.calendar_made',
  'safety.calendar_revoked',
  'forms.item',
  'forms.moved',
  'forms.section_added',
  'forms.section_renamed',
  'forms.section_moved',
  'forms.section_removed',
  'forms.field_added',
  'forms.field_changed',
  'forms.field_converted',
  'forms.field_removed',
  'forms.field_restored',
  'forms.field_erased',
  'leads.exported',
  'leads.numbers',
  'leads.type_added',
  'leads.type_changed',
  'leads.type_moved',
  'leads.type_default',
  'leads.type_deleted',
  'leads.status_added',
  'leads.status_changed',
  'leads.status_moved',
  'leads.status_deleted',
  'leads.notifications',
  'leads.deleted'
] as const
export type AuditKind = (typeof AUDIT_KINDS)[number]

/** The groups of kinds, in their order. */
export const AUDIT_GROUPS: readonly string[] = [...new Set(AUDIT_KINDS.map(kind => kind.split('.')[0]!))]

/**
 * How the value of each field is read: a list (of names) by what was added and taken, a choice in the words that the locales have under
 * `audit.choices`, and of a secret nothing but whether there is one: its value is never kept. A new field is a line here, and its
 * words under `audit.fields.<field>`.
 */
export const AUDIT_FIELDS = {
  name: 'text',
  email: 'text',
  company: 'text',
  country: 'country',
  currency: 'text',
  time_zone: 'text',
  language: 'language',
  phone_uniqueness: 'choice',
  email_uniqueness: 'choice',
  rights: 'rights',
  role: 'role',
  locations: 'list',
  two_steps: 'yes_no',
  hours: 'list',
  closed_days: 'list',
  device: 'text',
  file_megabytes: 'number',
  file_count: 'number',
  file_kinds: 'choices',
  logo: 'yes_no',
  mail_sends: 'yes_no',
  mail_server: 'text',
  mail_username: 'text',
  mail_password: 'secret',
  mail_sender: 'text',
  public_url: 'text',
  mails: 'number',
  tile_url: 'text',
  attribution: 'text',
  attribution_url: 'text',
  geocoder_url: 'text',
  contact: 'text',
  consent_whatsapp: 'text',
  consent_viber: 'text',
  consent_sms: 'text',
  consent_email: 'text',
  colour: 'colour',
  starts_on: 'date',
  ends_on: 'date',
  mark_up: 'number',
  order: 'text',
  retired: 'yes_no',
  merged: 'text',
  deleted: 'yes_no',
  replaced_by: 'text',
  hidden: 'yes_no',
  required: 'yes_no',
  label: 'text',
  help: 'text',
  field_kind: 'text',
  choices: 'list',
  clients: 'number',
  list_address: 'text',
  columns: 'text',
  values: 'number',
  erased_files: 'number',
  erased_consents: 'number',
  view: 'text',
  view_query: 'text',
  shared: 'yes_no',
  badge: 'yes_no',
  lead_group: 'choice',
  won_by: 'choice',
  limit_minutes: 'number',
  limit_clock: 'choice',
  may_become: 'list',
  moved_by: 'list',
  leads: 'number',
  code: 'text',
  icon: 'icon',
  first_status: 'text',
  form_of: 'text',
  number_template: 'text',
  number_restarts: 'choice',
  told: 'list',
  due_soon_minutes: 'number'
} as const satisfies Record<string, AuditValue>
export type AuditValue = 'text' | 'number' | 'date' | 'yes_no' | 'choice' | 'choices' | 'list' | 'secret' | 'country' | 'language' | 'rights' | 'role' | 'colour' | 'icon'
export type AuditField = keyof typeof AUDIT_FIELDS

/** The words there are for a `choice`, and of `choices` for each, under `audit.choices`. */
export const AUDIT_CHOICES = ['allow', 'warn', 'refuse', 'pictures', 'documents', 'media', 'archives', 'others', ...GROUPS, 'order', 'sale', 'always', 'working', ...RESTARTS] as const

/** What one field was before and after. */
export interface AuditChange { field: AuditField, old: unknown, new: unknown }

/** What was changed, where it is one of many; `name` as it is called now. */
export interface AuditSubject { type: string, id: number, name: string }

/** One entry of the log. */
export interface AuditEntry {
  id: number
  at: Date
  kind: AuditKind
  /** Null: from the terminal. */
  employee: string | null
  subject_type: string | null
  subject_id: number | null
  subject_name: string | null
  changes: AuditChange[]
}
