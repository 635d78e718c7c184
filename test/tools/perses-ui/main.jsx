// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// A page that shows a dashboard with the components of Perses, and nothing else of it:
// /FLEET?dashboard=NAME asks for /FLEET/dashboards/NAME.json and for the Prometheus at
// /FLEET/prometheus. The rest of the query string is that of Perses (start=, var-NAME=).
import { createRoot } from 'react-dom/client';
import { CssBaseline, ThemeProvider } from '@mui/material';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { BrowserRouter } from 'react-router-dom';
import { QueryParamProvider } from 'use-query-params';
import { ReactRouter6Adapter } from 'use-query-params/adapters/react-router-6';
import { ChartsProvider, generateChartsTheme, getTheme, SnackbarProvider } from '@perses-dev/components';
import { dynamicImportPluginLoader, PluginRegistry, ValidationProvider } from '@perses-dev/plugin-system';
import { ViewDashboard } from '@perses-dev/dashboards';
import * as gauge from '@perses-dev/gauge-chart-plugin';
import * as markdown from '@perses-dev/markdown-plugin';
import * as prometheus from '@perses-dev/prometheus-plugin';
import * as stat from '@perses-dev/stat-chart-plugin';
import * as staticList from '@perses-dev/static-list-variable-plugin';
import * as statusHistory from '@perses-dev/status-history-chart-plugin';
import * as table from '@perses-dev/table-plugin';
import * as timeSeries from '@perses-dev/timeseries-chart-plugin';

const plugins = [gauge, markdown, prometheus, stat, staticList, statusHistory, table, timeSeries];
const loader = dynamicImportPluginLoader(plugins.map((p) => ({ resource: p.getPluginModule(), importPlugin: () => Promise.resolve(p) })));

const here = location.origin + location.pathname;
const directUrl = here + '/prometheus';
const datasource = {
  kind: 'GlobalDatasource',
  metadata: { name: 'prometheus' },
  spec: { default: true, plugin: { kind: 'PrometheusDatasource', spec: { directUrl } } },
};
const datasources = {
  buildProxyUrl: () => directUrl,
  getDatasource: async () => undefined,
  getGlobalDatasource: async () => datasource,
  listDatasources: async () => [],
  listGlobalDatasources: async () => [datasource],
};

const theme = getTheme('light');
// The test waits until it has nothing to fetch.
const queries = (window.queries = new QueryClient({ defaultOptions: { queries: { refetchOnWindowFocus: false, retry: false } } }));
const answer = await fetch(here + '/dashboards/' + new URLSearchParams(location.search).get('dashboard') + '.json');
const dashboard = await answer.json();

createRoot(document.getElementById('root')).render(
  <ThemeProvider theme={theme}>
    <CssBaseline />
    <ChartsProvider chartsTheme={generateChartsTheme(theme, {})}>
      <SnackbarProvider>
        <QueryClientProvider client={queries}>
          <BrowserRouter>
            <QueryParamProvider adapter={ReactRouter6Adapter}>
              <PluginRegistry pluginLoader={loader} defaultPluginKinds={{ Panel: 'TimeSeriesChart', TimeSeriesQuery: 'PrometheusTimeSeriesQuery' }}>
                <ValidationProvider>
                  <ViewDashboard
                    dashboardResource={dashboard}
                    datasourceApi={datasources}
                    dashboardTitleComponent={<h3>{dashboard.spec.display.name}</h3>}
                    isReadonly
                    isVariableEnabled
                  />
                </ValidationProvider>
              </PluginRegistry>
            </QueryParamProvider>
          </BrowserRouter>
        </QueryClientProvider>
      </SnackbarProvider>
    </ChartsProvider>
  </ThemeProvider>,
);
