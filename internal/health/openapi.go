// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	_ "embed" // for the document
)

//go:embed openapi.json
var openAPI []byte

// OpenAPI returns the description of the API as JSON. The document is generated.
func OpenAPI() []byte { return openAPI }
