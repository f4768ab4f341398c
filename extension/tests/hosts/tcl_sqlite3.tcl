# Tcl's sqlite3: the scenario, and a number that it binds as TEXT.

package require sqlite3

proc content path {
    set file [open $path]
    fconfigure $file -encoding utf-8
    set text [read $file]
    close $file
    return $text
}

proc check {holds otherwise} {
    if {!$holds} {
        error $otherwise
    }
}

set tests [file dirname [file dirname [file normalize [info script]]]]
# A debug build has checks that the release has not.
set build [expr {[info exists env(EXTENSION_BUILD)] ? $env(EXTENSION_BUILD) : "release"}]
set extension [file normalize $tests/../target/$build/facilitator_markers]
set schema [content $tests/../../tests/host/schema.sql]
set scenario [content $tests/scenario.json]
regexp -line {^version = "(.*)"} [content $tests/../Cargo.toml] -> version
# Copies under other names: with a bundler's hash, with the host's own, and with none.
set copies {facilitator_markers-6lkihn3m enrollment facilitator_markers}
set opening {{PRAGMA journal_mode = WAL} {PRAGMA foreign_keys = ON} {PRAGMA busy_timeout = 0}}

# Tcl has no JSON of its own.
sqlite3 reader :memory:

# The elements of an array of the scenario's: none where there is no such array.
proc elements path {
    return [reader eval {SELECT value FROM json_each($::scenario, $path)}]
}

proc value {object name {otherwise ""}} {
    return [reader onecolumn {SELECT coalesce($object ->> $name, $otherwise)}]
}

proc connect {db path {extension ""}} {
    if {$extension eq ""} {
        set extension $::extension
    }
    sqlite3 $db $path
    $db enable_load_extension 1
    $db eval {SELECT load_extension($extension)}
    $db enable_load_extension 0
}

# The statement's rows, as the scenario has them.
proc given {db sql} {
    set rows {}
    $db eval $sql row {
        lappend rows [join [lmap column $row(*) {set row($column)}] |]
    }
    return [join $rows ,]
}

proc take {step where} {
    set db [expr {[value $step other] eq "" ? "main" : "other"}]
    set fails [value $step fails]
    if {[catch {given $db [value $step sql]} given]} {
        set code [$db errorcode]
        check [expr {$fails ne ""}] "$where: failed with code $code: $given"
        # The driver tells primary codes.
        set wanted [expr {[reader onecolumn {SELECT $::scenario ->> ('$.codes.' || $fails || '.code')}] & 0xff}]
        check [expr {$code == $wanted}] "$where: failed with code $code, not $wanted: $given"
        check [expr {[string first [value $step says] $given] >= 0}] "$where: said $given"
        return
    }
    check [expr {$fails eq ""}] "$where: gave $given, and should have failed"
    set expected [string map [list "{version}" $::version] [value $step gives $given]]
    check [expr {$given eq $expected}] "$where: gave $given, not $expected"
}

proc run_case {number path} {
    set case "\$.cases\[$number\]"
    connect main $path
    foreach sql [list {*}[elements $case.before_schema] {*}$::opening] {
        given main $sql
    }
    set own $::schema
    foreach {before after} [elements $case.schema_with] {
        check [expr {[string first $before $own] >= 0}] "the schema has no $before"
        set own [string map [list $before $after] $own]
    }
    # What begins with a dash, as a comment does, would be an option.
    main eval "\n$own"
    foreach sql [elements {$.rows}] {
        given main $sql
    }
    connect other $path
    foreach sql $::opening {
        given other $sql
    }
    foreach step [elements $case.do] {
        take $step "[reader onecolumn {SELECT $::scenario ->> ($case || '.name')}]: [value $step sql]"
    }
    other close
    main close
}

proc a_number_is_bound_as_text_and_taken {} {
    connect main :memory:
    main eval "\n$::schema"
    set size 500
    set bound [main onecolumn {SELECT typeof($size)}]
    set remaining [main onecolumn {SELECT backfill_facilitator_markers_step($size)}]
    check [expr {$bound eq "text" && $remaining == 0}] "a number bound as $bound: $remaining"
    main close
}

close [file tempfile folder]
file delete $folder
file mkdir $folder
try {
    foreach copy $copies {
        file copy $extension.so $folder/$copy.so
        connect main :memory: $folder/$copy
        check [expr {[given main {SELECT facilitator_markers_version()}] eq $version}] $copy
        main close
    }
    set count [llength [elements {$.cases}]]
    for {set number 0} {$number < $count} {incr number} {
        run_case $number $folder/$number.db
    }
    connect main $folder/host.db
    set wait [given main {PRAGMA busy_timeout}]
    main close
} finally {
    file delete -force $folder
}
a_number_is_bound_as_text_and_taken
set host "Tcl [info patchlevel] sqlite3"
set sqlite [reader version]
puts [reader onecolumn {
    SELECT json_object('host', $host, 'sqlite', $sqlite, 'wait', $wait || ' ms', 'result', 'all ' || $count || ' cases')
}]
