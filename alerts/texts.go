// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

// rounded is a template for $value in seconds, with its one or two largest units and without its
// sign: 14m 10s, 1h, 2d 5h.
const rounded = `{{ $value | humanizeDuration | reReplaceAll "^-| 0.*|( \\S+) .*" "$1" }}`

// expires is the predicate of a text about an expiry in $value seconds: expires in 2d 5h, expired
// 1h ago.
const expires = `expire{{ $value | humanizeDuration | reReplaceAll " 0.*|( \\S+) .*" "$1" | ` +
	`reReplaceAll "^-(.*)" "d $1 ago" | reReplaceAll "^\\d.*" "s in $0" }}`

// count returns a template for $value with a noun that has a regular plural.
func count(noun string) string {
	return `{{ $value | printf "%.0f" }} ` + noun + `{{ if ne $value 1.0 }}s{{ end }}`
}
