// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package perses

// Specifications of plugins, with the fields of their CUE schemas (StatChart,
// TimeSeriesChart and GaugeChart 0.12, Table and Markdown 0.11, StatusHistoryChart
// 0.11). Their Go types lack half of the fields.

type format struct {
	Unit          string `json:"unit"`
	DecimalPlaces *int   `json:"decimalPlaces,omitempty"`
	ShortValues   *bool  `json:"shortValues,omitempty"`
}

type thresholds struct {
	Mode         string `json:"mode"`
	DefaultColor string `json:"defaultColor"`
	Steps        []step `json:"steps"`
}

type step struct {
	Value float64 `json:"value"`
	Color string  `json:"color"`
}

type mapping struct {
	Kind string      `json:"kind"`
	Spec mappingSpec `json:"spec"`
}

// mappingSpec is the mapping of a value or of a range of values.
type mappingSpec struct {
	Value  string   `json:"value,omitempty"`
	From   *float64 `json:"from,omitempty"`
	To     *float64 `json:"to,omitempty"`
	Result result   `json:"result"`
}

type result struct {
	Value string `json:"value"`
	Color string `json:"color,omitempty"`
}

type statChart struct {
	Calculation string     `json:"calculation"`
	Format      format     `json:"format"`
	Thresholds  thresholds `json:"thresholds"`
	Mappings    []mapping  `json:"mappings,omitempty"`
	ColorMode   string     `json:"colorMode"`
	LegendMode  string     `json:"legendMode"`
}

type gaugeChart struct {
	Calculation string     `json:"calculation"`
	Format      format     `json:"format"`
	Thresholds  thresholds `json:"thresholds"`
	Max         *float64   `json:"max,omitempty"`
}

type timeSeriesChart struct {
	Legend     legend      `json:"legend"`
	Tooltip    tooltip     `json:"tooltip"`
	YAxis      yAxis       `json:"yAxis"`
	Thresholds *thresholds `json:"thresholds,omitempty"`
	Visual     visual      `json:"visual"`

	QuerySettings []querySettings `json:"querySettings,omitempty"`
}

type legend struct {
	Position string   `json:"position"`
	Mode     string   `json:"mode"`
	Size     string   `json:"size,omitempty"`
	Values   []string `json:"values,omitempty"`
}

type tooltip struct {
	EnablePinning bool `json:"enablePinning"`
}

type yAxis struct {
	Show   bool     `json:"show"`
	Label  string   `json:"label,omitempty"`
	Format format   `json:"format"`
	Min    *float64 `json:"min,omitempty"`
	Max    *float64 `json:"max,omitempty"`
}

type visual struct {
	LineWidth   float64 `json:"lineWidth"`
	AreaOpacity float64 `json:"areaOpacity"`
	Stack       string  `json:"stack,omitempty"`
	Palette     palette `json:"palette"`
}

type palette struct {
	Mode string `json:"mode"`
}

// querySettings are settings of the series of a query.
type querySettings struct {
	QueryIndex int    `json:"queryIndex"`
	ColorMode  string `json:"colorMode"`
	ColorValue string `json:"colorValue"`
}

type statusHistoryChart struct {
	Legend   legend    `json:"legend"`
	Mappings []mapping `json:"mappings,omitempty"`
}

type markdown struct {
	Text string `json:"text"`
}

type table struct {
	Density             string         `json:"density"`
	DefaultColumnHidden bool           `json:"defaultColumnHidden"`
	DefaultColumnWidth  string         `json:"defaultColumnWidth"` // auto distributes the width of the panel; the default is 150 pixels each
	ColumnSettings      []column       `json:"columnSettings"`
	CellSettings        []cellSettings `json:"cellSettings,omitempty"`
	Transforms          []transform    `json:"transforms,omitempty"`
}

type column struct {
	Name          string         `json:"name"`
	Header        string         `json:"header,omitempty"`
	Format        *format        `json:"format,omitempty"`
	EnableSorting bool           `json:"enableSorting,omitempty"`
	Sort          string         `json:"sort,omitempty"`
	Width         int            `json:"width,omitempty"`
	Hide          bool           `json:"hide,omitempty"`
	CellSettings  []cellSettings `json:"cellSettings,omitempty"`
	DataLink      *cellLink      `json:"dataLink,omitempty"`
}

type cellSettings struct {
	Condition       condition `json:"condition"`
	Text            string    `json:"text,omitempty"`
	TextColor       string    `json:"textColor,omitempty"`
	BackgroundColor string    `json:"backgroundColor,omitempty"`
}

// condition is a value or a range of values.
type condition struct {
	Kind string        `json:"kind"`
	Spec conditionSpec `json:"spec"`
}

type conditionSpec struct {
	Value string   `json:"value,omitempty"`
	Min   *float64 `json:"min,omitempty"`
	Max   *float64 `json:"max,omitempty"`
}

type cellLink struct {
	URL        string `json:"url"`
	Title      string `json:"title"`
	OpenNewTab bool   `json:"openNewTab"`
}

type transform struct {
	Kind string        `json:"kind"`
	Spec transformSpec `json:"spec"`
}

type transformSpec struct {
	Column  string   `json:"column,omitempty"`
	Columns []string `json:"columns,omitempty"`
}
