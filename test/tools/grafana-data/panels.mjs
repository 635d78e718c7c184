// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Says what panels show, by Grafana's own code: the transformations of a panel, then
// its defaults and overrides, then the text and the colour of every value.
//
//   node panels.mjs DIRECTORY_WITH_NODE_MODULES < [{panel, results: {A: answer of Prometheus' API}}, …]
//
// It prints, for each panel, its columns: [[{name, hidden, cells: [{value, text, color}]}], …]
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(process.argv[2] + '/');
const { JSDOM } = require('jsdom');
const { window } = new JSDOM('', { url: 'http://localhost/' });
for (const name of ['document', 'localStorage', 'navigator', 'HTMLElement', 'Element', 'SVGElement', 'Node', 'DOMParser', 'getComputedStyle']) {
  Object.defineProperty(globalThis, name, { value: window[name], configurable: true });
}
globalThis.window = window;
console.log = console.info = () => {}; // what a package says is no answer

const g = require('@grafana/data');
const { firstValueFrom } = require('rxjs');

g.standardTransformersRegistry.setInit(() =>
  [...new Map(Object.values(g.standardTransformers).map((t) => [t.id, t])).values()].map((t) => ({ id: t.id, name: t.name, transformation: t })),
);
// Grafana registers these with their editors, which are not needed here.
const option = (id, process, isCustom) => ({ id: (isCustom ? 'custom.' : '') + id, path: id, name: id, isCustom, process, override: process, shouldApply: () => true });
g.standardFieldConfigEditorRegistry.setInit(() => [
  option('unit', g.unitOverrideProcessor),
  option('min', g.numberOverrideProcessor),
  option('max', g.numberOverrideProcessor),
  option('decimals', g.numberOverrideProcessor),
  option('mappings', g.valueMappingsOverrideProcessor),
  option('thresholds', g.thresholdsOverrideProcessor),
  option('color', g.identityOverrideProcessor),
  option('links', g.dataLinksOverrideProcessor),
  ...['width', 'cellOptions', 'hidden', 'hideFrom.viz'].map((id) => option(id, g.identityOverrideProcessor, true)),
]);
const theme = g.createTheme();

// frame is what Grafana's data source for Prometheus makes of a query whose format is
// table: a field for each label and one for the value.
function frame(refId, { data }, several) {
  const rows = data.result;
  const labels = [...new Set(rows.flatMap((r) => Object.keys(r.metric)))].sort();
  const fields = [
    { name: 'Time', type: g.FieldType.time, values: rows.map((r) => r.value[0] * 1000) },
    ...labels.map((name) => ({ name, type: g.FieldType.string, values: rows.map((r) => r.metric[name]) })),
    { name: several ? 'Value #' + refId : 'Value', type: g.FieldType.number, values: rows.map((r) => Number(r.value[1])) },
  ];
  return g.toDataFrame({ refId, fields });
}

async function show({ panel, results }) {
  const frames = Object.entries(results).map(([refId, answer]) => frame(refId, answer, Object.keys(results).length > 1));
  const transformed = await firstValueFrom(g.transformDataFrame(panel.transformations ?? [], frames, { interpolate: (s) => s }));
  const drawn = g.applyFieldOverrides({
    data: transformed, fieldConfig: panel.fieldConfig, replaceVariables: (s) => s, theme, timeZone: 'utc',
    fieldConfigRegistry: g.standardFieldConfigEditorRegistry,
  });
  return drawn.flatMap(({ fields }) =>
    fields.map((field) => ({
      name: g.getFieldDisplayName(field),
      hidden: field.config.custom?.hidden ?? false,
      cells: [...field.values].map((value) => {
        const { text, prefix = '', suffix = '', color = '' } = field.display(value);
        return { value: typeof value === 'number' ? value : null, text: prefix + text + suffix, color };
      }),
    })),
  );
}

const shown = [];
for (const panel of JSON.parse(readFileSync(0, 'utf8'))) shown.push(await show(panel));
process.stdout.write(JSON.stringify(shown));
