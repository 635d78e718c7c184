// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package greenhouse

import "testing"

func TestGoldenFiles(t *testing.T) { suite().Run(t) }
