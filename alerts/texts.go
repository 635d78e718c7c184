// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

// rounded is $value, in seconds, in its one or two greatest units and without its sign:
// 14m 10s, 1h, 2d 5h.
const rounded = `{{ $value | humanizeDuration | reReplaceAll "^-| 0.*|( \\S+) .*" "$1" }}`

// expires is the predicate of a text about the end of something, $value seconds from now:
// expires in 2d 5h, expired 1h ago.
const expires = `expire{{ $value | humanizeDuration | reReplaceAll " 0.*|( \\S+) .*" "$1" | ` +
	`reReplaceAll "^-(.*)" "d $1 ago" | reReplaceAll "^\\d.*" "s in $0" }}`

// count is $value with a noun that has a regular plural.
func count(noun string) string {
	return `{{ $value | printf "%.0f" }} ` + noun + `{{ if ne $value 1.0 }}s{{ end }}`
}
