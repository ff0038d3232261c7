/*
 * The text form of the graph IR.
 *
 *   outputs ["y"];
 *   def @main(%x: Tensor[(1, 3, h, w), float32]) -> Tensor[(1, 8, h, w), float32] {
 *     %0 = nn.conv2d(%x, const["w"], padding=[1, 1, 1, 1]) from "Conv_0";
 *     %1 = nn.relu(%0);
 *     %1
 *   }
 *
 * `const(random(1), Tensor[(8, 3), float32])` is a constant of random elements, the same for the same seed.
 * `%0 = ...` names a node, so that several may use it; `let %v = ...` is a Let, whose body is the rest of the block.
 */
grammar ModuleGrammar;

module: outputNames? definition* EOF;

outputNames: 'outputs' '[' (STRING (',' STRING)*)? ']' ';';

definition: 'def' GLOBAL attributes? parameters '->' type block;

parameters: '(' (parameter (',' parameter)*)? ')';

parameter: LOCAL ':' type;

block: '{' statement* expression '}';

statement
  : LOCAL '=' expression ';'          # nodeStatement
  | 'let' LOCAL '=' expression ';'    # letStatement
  ;

expression: primary field*;

field: '.' INT;

primary
  : callee '(' (argument (',' argument)*)? ')' ('from' STRING)?      # call
  | 'if' '(' expression ')' block 'else' block                       # if
  | block                                                            # nested
  | '(' ')'                                                          # tuple
  | '(' expression ',' (expression (',' expression)*)? ')'           # tuple
  | '(' expression ')'                                               # parenthesis
  | 'const' '[' STRING ']'                                           # namedConstant
  | 'const' '(' literal ',' name ')'                                 # literalConstant
  | 'const' '(' name '(' INT ')' ',' type ')'                        # seededConstant
  | LOCAL                                                            # reference
  ;

callee
  : GLOBAL                                       # globalFunction
  | 'fn' attributes? parameters block            # inlineFunction
  | name                                         # operator
  ;

// Attributes stand after the operands.
argument: attribute | expression;

attributes: '(' attribute (',' attribute)* ')';

attribute: name '=' attributeValue;

attributeValue
  : number                                                # numberValue
  | name                                                  # nameValue
  | STRING                                                # textValue
  | '<' dim '>'                                           # sizeValue
  | '[' (attributeValue (',' attributeValue)*)? ']'       # listValue
  ;

literal: element | '[' element (',' element)* ']';

element: number | name;

number: '-'? (INT | FLOAT | 'Infinity' | 'NaN');

type
  : 'Tensor' '[' '(' (dim (',' dim)*)? ','? ')' ',' name ']'     # tensorType
  | '(' (type (',' type)*)? ','? ')'                             # tupleType
  ;

dim
  : INT                                                                             # knownDim
  | IDENTIFIER                                                                      # symbolDim
  | STRING                                                                          # symbolDim
  | '(' dim operation=('+' | '-' | '*' | '/' | '%' | 'max' | 'min') dim ')'         # derivedDim
  ;

// Keywords are keywords only where they can be.
name: (IDENTIFIER | 'outputs' | 'def' | 'let' | 'from' | 'if' | 'else' | 'const' | 'fn' | 'max' | 'min' | 'Tensor')
      ('.' (IDENTIFIER | 'max' | 'min'))*;

GLOBAL: '@' (PLAIN | STRING);
LOCAL: '%' (PLAIN | [0-9]+ | STRING);
IDENTIFIER: PLAIN;
FLOAT: [0-9]+ '.' [0-9]+ ([eE] [+-]? [0-9]+)? | [0-9]+ [eE] [+-]? [0-9]+;
INT: [0-9]+;
STRING: '"' (~["\\\r\n] | '\\' (["\\nrt] | 'u' HEX HEX HEX HEX))* '"';

fragment HEX: [0-9a-fA-F];
fragment PLAIN: [a-zA-Z_] [a-zA-Z0-9_]*;

BLANK: [ \t\r\n]+ -> skip;
LINE_COMMENT: '//' ~[\r\n]* -> skip;
BLOCK_COMMENT: '/*' .*? '*/' -> skip;
