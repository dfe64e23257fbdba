# Reads the vCards on standard input with Perl's Text::vCard and writes what it understood, one JSON array.
use strict;
use warnings;
use JSON::PP;
use MIME::Base64;
use Text::vCard::Addressbook;

binmode STDIN, ':raw:encoding(UTF-8)';
my $text = do { local $/; <STDIN> };
my $book = Text::vCard::Addressbook->new({ source_text => $text });
my @cards;
for my $card ($book->vcards) {
    my $nodes = sub { my $found = $card->get({ node_type => $_[0] }); return $found ? @$found : () };
    my $values = sub { return [ map { $_->value } $nodes->($_[0]) ] };
    my ($name) = $nodes->('N');
    push @cards, {
        uid => $card->uid,
        fn => $card->fullname,
        n => [ map { $name->$_ // '' } qw(family given middle prefixes suffixes) ],
        org => [ map { $_->name } $nodes->('ORG') ],
        title => $values->('TITLE'),
        # Its order is not the file's; the groups have that.
        tel => [ sort { $a->[2] cmp $b->[2] } map { [ $_->value, $_->is_pref ? JSON::PP::true : JSON::PP::false, $_->group // '' ] } $nodes->('TEL') ],
        label => [ sort { $a->[1] cmp $b->[1] } map { [ $_->value, $_->group // '' ] } $nodes->('X-ABLABEL') ],
        email => $values->('EMAIL'),
        url => $values->('URL'),
        adr => [ map { my $a = $_; [ map { $a->$_ // '' } qw(po_box extended street city region post_code country) ] } $nodes->('ADR') ],
        note => $values->('NOTE'),
        photo => [ map { encode_base64($_->value, '') } $nodes->('PHOTO') ],
    };
}
print JSON::PP->new->ascii->encode(\@cards);
