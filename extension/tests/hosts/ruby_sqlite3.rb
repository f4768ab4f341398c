# Ruby's sqlite3: the scenario.

require 'fileutils'
require 'json'
require 'sqlite3'
require 'tmpdir'

TESTS = File.expand_path('..', __dir__)
# A debug build has checks that the release has not.
EXTENSION = File.join(TESTS, '../target', ENV.fetch('EXTENSION_BUILD', 'release'), 'facilitator_markers')
SCHEMA = File.read(File.join(TESTS, '../../tests/host/schema.sql'))
SCENARIO = JSON.parse(File.read(File.join(TESTS, 'scenario.json')))
VERSION = File.read(File.join(TESTS, '../Cargo.toml'))[/^version = "(.*)"/, 1]
# Copies under other names: with a bundler's hash, with the host's own, and with none.
COPIES = %w[facilitator_markers-6lkihn3m enrollment facilitator_markers].freeze
OPENING = ['PRAGMA journal_mode = WAL', 'PRAGMA foreign_keys = ON', 'PRAGMA busy_timeout = 0'].freeze

def connect(path, extension = EXTENSION)
  db = SQLite3::Database.new(path)
  db.extended_result_codes = true
  db.enable_load_extension(true)
  db.load_extension(extension)
  db.enable_load_extension(false)
  db
end

# Rows as the scenario has them.
def written(rows)
  rows.map { |row| row.join('|') }.join(',')
end

def take(step, db, where)
  rows = db.execute(step['sql'])
rescue SQLite3::Exception => error
  wanted = step.fetch('fails') { raise "#{where}: failed with code #{error.code}: #{error.message}" }
  code = SCENARIO['codes'][wanted]['code']
  raise "#{where}: failed with code #{error.code}, not #{code}" unless error.code == code
  # The driver's messages are bytes.
  raise "#{where}: said #{error.message}" unless error.message.b.include?(step['says'].b)
else
  raise "#{where}: gave #{rows}, and should have failed" if step['fails']
  given = written(rows)
  expected = step.fetch('gives', given).gsub('{version}', VERSION)
  raise "#{where}: gave #{given}, not #{expected}" unless given == expected
end

def run_case(example, path)
  main = connect(path)
  [*example['before_schema'], *OPENING].each { |sql| main.execute(sql) }
  before, after = example.fetch('schema_with', ['', ''])
  raise "the schema has no #{before}" unless SCHEMA.include?(before)
  main.execute_batch(SCHEMA.sub(before) { after })
  SCENARIO['rows'].each { |sql| main.execute(sql) }
  other = connect(path)
  OPENING.each { |sql| other.execute(sql) }
  example['do'].each { |step| take(step, step['other'] ? other : main, "#{example['name']}: #{step['sql']}") }
  [other, main].each(&:close)
end

wait = nil
Dir.mktmpdir do |folder|
  COPIES.map { |name| File.join(folder, name) }.each do |copy|
    FileUtils.cp("#{EXTENSION}.so", "#{copy}.so")
    found = connect(':memory:', copy).get_first_value('SELECT facilitator_markers_version()')
    raise "#{copy}: #{found}" unless found == VERSION
  end
  SCENARIO['cases'].each_with_index { |example, number| run_case(example, File.join(folder, "#{number}.db")) }
  wait = connect(File.join(folder, 'host.db')).get_first_value('PRAGMA busy_timeout')
end
sqlite = connect(':memory:').get_first_value('SELECT sqlite_version()')
result = "all #{SCENARIO['cases'].length} cases"
puts JSON.generate(host: "Ruby #{RUBY_VERSION} sqlite3 #{SQLite3::VERSION}", sqlite:, wait: "#{wait} ms", result:)
