import { targetsOf, type Target } from '../columns/targets.js'
import { titleOf } from '../columns/title.js'
import type { Choices } from '../../clients/queries.js'
import { itemsOf, type FormItem, type OwnField, type Shape } from '../../form-editor/definition.js'
import { nameOf } from '../../form-editor/schema.js'
import type { Translate } from '../../web/i18n.js'
import { wordsOf } from '../../web/labels.js'
import { LANGUAGES, type Viewer } from '../../web/viewer.js'
import type { SheetColumn } from '../../web/xlsx.js'

/** A column of the template: with the words of what goes in, and of whom it is required. */
export interface TemplateColumn extends SheetColumn { hint: string, required: 'people' | 'companies' | 'all' | null }

const NAMES = ['first_name', 'surname', 'company_name']

/** What an item of a form is in a file, besides an own field. */
const OF_ITEM: Partial<Record<NonNullable<FormItem['system']>, (target: Target) => boolean>> = {
  supplier: ({ name }) => name === 'is_supplier',
  conflicted: ({ name }) => name === 'is_conflicted' || name === 'conflict_reason',
  phones: ({ name }) => name.startsWith('phone:'),
  emails: ({ name }) => name === 'email',
  address: ({ name }) => name === 'address',
  language: ({ name }) => name === 'language',
  campaign: ({ name }) => name === 'campaign',
  location: ({ name }) => name === 'location',
  discounts: ({ name }) => name.startsWith('discount_'),
  tags: ({ name }) => name === 'tag',
  note: ({ name }) => name === 'note'
}

/** The columns of the template for this viewer: the names, and then what the forms ask for in their order, a person's before what only a company's has. */
export function templateColumns (viewer: Viewer, t: Translate, { shape, choices }: { shape: Shape, choices: Choices }): TemplateColumn[] {
  const { language, organisation } = viewer
  const targets = targetsOf(viewer, { shape, phoneTypes: choices.phoneTypes.filter(({ retired }) => !retired) })
  const items = shape.forms.flatMap(itemsOf).filter(({ hidden, field }) => !hidden && !field?.removed)
  const inOrder = [...NAMES.map(name => targets.filter(target => target.name === name)), ...items.map(item => targets.filter(target => isOf(target, item)))].flat()
  return [...new Set(inOrder)].map((target): TemplateColumn => {
    const field = shape.fields.find(field => nameOf(field) === target.name)
    const required = requiredOf(shape, target)
    const title = titleOf(target, t, language, organisation.language)
    const said = hintOf(t, target, field)
    return {
      title: required ? `${title} *` : title, required, hint: said, width: WIDTHS[target.name] ?? (field?.kind === 'long_text' ? 40 : 22),
      ...(field?.kind === 'date' ? { kind: 'date' } as const : field?.kind === 'date_time' ? { kind: 'moment' } as const : {}),
      ...chosenFrom(target, field)
    }
  })

  function chosenFrom ({ name, kind }: Target, field: OwnField | undefined): Pick<SheetColumn, 'choices'> {
    const named = (list: readonly { name: string }[]) => list.length > 0 ? { choices: list.map(({ name }) => name) } : {}
    if (kind === 'yes_no') return { choices: [t('yes'), t('no')] }
    if (name === 'language') return { choices: LANGUAGES.map(one => t(`form_editor.languages.${one}`)) }
    if (name === 'campaign') return named(choices.campaigns)
    if (name === 'location') return named(choices.locations)
    if (name.startsWith('discount_')) return named(choices.priceTypes)
    const options = field?.options.filter(({ retired }) => !retired).map(({ labels }) => wordsOf(labels, language, organisation.language)) ?? []
    return options.length > 0 ? { choices: options } : {}
  }
}

const WIDTHS: Record<string, number> = { first_name: 18, surname: 22, company_name: 28, email: 30, address: 44, note: 44, is_supplier: 14, is_conflicted: 14, conflict_reason: 28 }

const isOf = (target: Target, { system, field }: FormItem): boolean => system ? OF_ITEM[system]!(target) : field !== null && target.name === nameOf(field)

function requiredOf (shape: Shape, target: Target): TemplateColumn['required'] {
  const isRequired = (key: string) => shape.forms.some(form => form.key === key && itemsOf(form).some(item => item.required && !item.hidden && isOf(target, item)))
  const [people, companies] = [isRequired('person'), isRequired('company')]
  return people ? companies ? 'all' : 'people' : companies ? 'companies' : null
}

function hintOf (t: Translate, { name, kind }: Target, field: OwnField | undefined): string {
  if (field) return t(`imports.template.own.${field.kind}`)
  if (kind === 'yes_no') return t('imports.template.own.yes_no')
  if (name.startsWith('phone:')) return t('imports.template.phones')
  if (name.startsWith('discount_')) return t('imports.template.discount')
  switch (name) {
    case 'first_name': case 'surname': return t('imports.template.person')
    case 'company_name': return t('imports.template.company')
    case 'email': return t('imports.template.emails')
    case 'tag': return t('imports.template.tags')
    case 'language': case 'campaign': case 'location': return t('imports.template.own.one_choice')
    default: return t('imports.template.own.long_text')
  }
}
