// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package objects

import (
	"encoding/csv"
	"io"
	"strings"
	"time"
)

// WriteCSV writes the objects of the list with a header. Values that a spreadsheet would run as a formula get
// an apostrophe as prefix.
func (l *List) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{
		"cluster", "targetCluster", "system", "kind", "namespace", "name", "state", "since", "sinceAtLeast", "reason",
		"revision", "attemptedRevision", "source", "owner", "supportGroup",
	}); err != nil {
		return err
	}
	for _, o := range l.Objects {
		since, atLeast := "", ""
		if o.Since != nil {
			since = o.Since.Format(time.RFC3339)
		}
		if o.SinceAtLeast {
			atLeast = "true"
		}
		row := []string{
			o.Cluster, o.Target, o.System, o.Kind, o.Namespace, o.Name, o.State, since, atLeast, o.Reason,
			o.Revision, o.Attempted, o.Source, o.Owner, o.SupportGroup,
		}
		for i, v := range row {
			if v != "" && strings.ContainsRune("=+-@\t\r", rune(v[0])) {
				row[i] = "'" + v
			}
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
