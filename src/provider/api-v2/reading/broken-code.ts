/**
 * What code says of itself when it breaks: databases, runtimes, HTTP clients. Pure. It is told by its form, since no list
 * holds all such sentences: a column in quotation marks, a function's brackets, the names of values that are none.
 * As it was written, since signs and capitals matter. What panels say of a link or a quantity must have none of these forms.
 */

const DATABASES = [
  /sqlstate|\bsql\b|mysql|mariadb|postgres|sqlite|\bpdo\b|deadlock|lock wait|duplicate entry|constraint (?:fail|violat)/,
  /gone away|max_user_connections|(?:many|active) connections|failed to (?:insert|write|execute|save)/,
  // A part of a database, in quotation marks or by its name: `Column 'link' cannot be null`.
  /\b(?:columns?|relation|tables?|schema|constraint|sequence|trigger|procedure) ["'`][\w.$]+["'`]|'field list'|for column \S+ at row/,
  /\b(?:table|column|relation)s? [\w.$]+ (?:does(?:n't| not) exist|has no column|is full)|no such (?:table|column|index)|null value in column/,
  /doesn'?t have a default value|invalid input syntax|truncated incorrect|incorrect (?:integer|decimal|double|date|datetime|string) value/,
  /value too long for type|(?:integer|bigint|smallint|numeric value) out of range|(?:duplicate|foreign|primary) key|prepared statement/,
  /(?:obtain|acquire|get|release)(?:ing)? (?:a |the )?lock\b|lock timeout|database is locked|could not serialize|commands out of sync/,
  /\broll(?:ed)?[ -]?back\b|current transaction|terminating connection|canceling statement|connection slots|too many clients|--read-only/,
  /column count|of collations|allowed_packet|packets out|unknown database|\w'@'|was interrupted|as crashed|no active transaction/,
  /read-?only (?:transaction|database)|d1_error/,
  /\be11000\b|\bora-\d|\bwrongtype\b|\bmisconf\b|maxmemory|\b(?:redis|mongo\w*|memcached?|prisma|eloquent|sequelize|hibernate|jdbc|odbc|amqp|kafka)\b/,
];

const RUNTIMES = [
  /exception|traceback|stack ?trace|call to (?:a member|undefined)|unhandled|uncaught|\bpanic\b|segmentation fault|core dumped|assertion failed/,
  /\b(?:type|reference|syntax|value|runtime|key|attribute|index|name|import|range|assertion|zerodivision|integrity|operational|programming)error\b/,
  /undefined (?:index|variable|method|function|array|offset|property|constant|class|local)|cannot (?:read|set|create) propert|nil pointer|null ?pointer/,
  // A value that is none, where a program looked for one: `property "id" on null`.
  /\b(?:on|of|to|type|read|access|convert|destructure|reading) (?:null|undefined)\b|\b(?:for|into|of|on|an?) nil\b|nonetype|nilclass|nullable object/,
  /(?:try|attempt)(?:ing|ed)? to (?:get|read|assign|access|call|index|divide|concatenate|perform|compare|modify) (?:an? )?\w*(?:propert|offset|index|array|nil|null|element|undefined|field|global|local|method)/,
  /must be of type [^ ]+, \w+ (?:given|returned)|class \[/,
  /object reference|instance of an object|non-object|has no attribute|is not (?:a function|a constructor|iterable|callable|subscriptable|an object)|array offset/,
  /(?:to string|array to \w+) conversion|(?:division|modulo|divided?) by zero|\b(?:arithmetic|integer|buffer|stack) overflow|resulted in an overflow/,
  /\bindex\b.{0,20}\b(?:out ?of ?|outside (?:the )?)(?:range|bounds)|bounds (?:of the array|for length)|indices must be|sequence contains no|values to unpack/,
  /call stack|stack level|recursion (?:depth|limit)|heap (?:space|limit|out)|out of memory|memory (?:size|limit)|execution time|resource limits?\b|subrequests/,
  /exceeded (?:its |the )?(?:resource|cpu|memory)\b|(?:worker|process|script|thread) (?:exceeded|threw|crashed|terminated|killed|died)|nesting level/,
  /(?:argument|parameter) #?\d+\b|arguments? supplied|too few arguments|number of arguments|positional argument|unsupported operand|non-numeric value|non well formed/,
  /referenced before|before initiali[sz]ation|could not be converted|implicit conversion|can(?:'t|not) (?:be )?(?:cast|coerced|unmarshal|destructure|redeclare|invoke|instantiate|use object)/,
  /(?:specified )?cast is not valid|value cannot be null|input string was|for input string|object of (?:type|class)|json serializable|circular structure|given key was not present/,
  /invalid (?:memory address|literal for|array length|time value)|strconv|unexpected (?:token|identifier|end of|eof|response|answer)|premature end|no (?:module named|such file|such host)/,
  /(?:invalid|malformed|bad|parse|parsing) json|failed to open stream|headers already sent|module not found|class ["'`\\]\S+ not found|no space left|disk (?:is )?full/,
  // A place in a program, and what a program prints of a value.
  /\bon line \d|\bline \d+,? in\b|\.(?:php|[cm]?[jt]s|py|rb|go|java|cs):\d|\.php\(\d|\b[a-z_]\w*\(\)|<anonymous>|\[object \w+\]|\b0x[\da-f]{6,}|[a-z]\w*\\[a-z]\w*\\[a-z]/,
];

const NETWORKS = [
  /(?:\b|_|socket)time[sd]?[ -]?out(?:\b|_)|econn\w+|etimedout|enotfound|eai_again|socket hang|\bcurl\b|fetch failed|connection (?:\w+ )?(?:refused|reset|closed|lost|aborted)/,
  /\bepipe\b|broken pipe|(?:not|unable to|failed to) connect\b|\be(?:host|net)unreach\b|\be(?:nospc|nomem|mfile|acces|perm|noent)\b/,
  /(?:http|status|code|error)[ :]*50\d\b|failed with status|status code \d{3}|resulted in a [`"']?\d{3}|bad gateway|gateway time|deadline.exceeded|took too long/,
  /(?:operation|request|context|transaction|query) (?:was )?(?:aborted|cancell?ed|rolled back|failed)|getaddrinfo|handshake|certificate|x509/,
  /\b(?:dial|read|write) (?:tcp|udp)\b|\bi\/o (?:error|timeout)|\bg?rpc\b/,
];

/** What HTTP clients and parsers of JSON say: a place in a text, a sign of JSON, the other end of a connection. */
const CLIENTS = [
  /max retries|\bline \d+,? col(?:umn)? \d|\(char \d|premature|empty reply|read data|n't connect\b|returned nothing|receiving data|\bhttp\/\d/,
  /closed cleanly|aborted a request|side closed|after json\b|(?:^|: )eof$/,
  /looking for beginning|expected begin_|invalid start of|string offset|offset of type/,
];

/** A key or a token that is a word of a program's or of JSON, and not what opens an account: by what stands at it. */
const KEYS = [
  /\b(?:cache|array|json) key\b|token in (?:response|json)|parser|token ["'`][^\w\s"'`]["'`]|unrecognized token ["'`]/,
  /(?:(?:missing|unknown|required|no such) key|(?<!(?:api|access|secret) )\bkey not found)(?:: ?["'`]?| ["'`])(?!\w*(?:key|token))[a-z_]+["'`]?(?:$| in\b)/,
];

const BROKEN_CODE = new RegExp([...DATABASES, ...RUNTIMES, ...NETWORKS, ...CLIENTS, ...KEYS].map(({ source }) => source).join("|"), "i");

/**
 * What only capitals tell from a sentence. A name that is not defined is a program's, but for a capital word for what is sent,
 * which a form may have: "Link is not defined". And what belongs to an object or a class.
 */
const NAMES =
  /\b\w*(?:Timeout|Connection|JSON\w*|Network|Abort|Protocol|SSL|OS|IO|Query)Error\b|\b[A-Z][a-z]+Timeout\b|^\d{1,2} [A-Z_]{5,}(?:$|:)|(?:^|: )(?!(?:Link|Url|URL|Quantity|Service|Package|User|Username|Comments|Type|Category|Min|Max)\b)["'`]?[\w$.]+["'`]? is (?:not |un)defined\b|\bname '\w+' is not defined|\$\w+->|\b[A-Z]\w*[a-z]\w*::\w/;

/** Broken code comes with a page of its stack, and says in the beginning what broke. */
const MAX_CHARS = 2000;

export function saysBrokenCode(text: string): boolean {
  const beginning = text.slice(0, MAX_CHARS);
  return BROKEN_CODE.test(beginning) || NAMES.test(beginning);
}
