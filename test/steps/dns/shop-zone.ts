/** A zone with everything that is written in more than one way. */
export const shopZone = `$TTL 1h
$ORIGIN shop.test.
@ IN SOA ns1 hostmaster.shop.test. (
    2026112501 ; serial
    2h 15m 2w 1d )
        NS    ns1
        NS    ns2.elsewhere.test.
        MX    10 Mail
        MX    20 mail.elsewhere.test.
        TXT   "v=spf1 include:_spf.example.com -all"
        CAA   0 issue "letsencrypt.org"
ns1 300 A     192.0.2.53
www     A     192.0.2.11
        A     192.0.2.12
        AAAA  2001:0DB8:0:0::1
WWW2  5m IN CNAME www
api   IN 60 CNAME www.shop.test.
mail    A     192.0.2.25
*.apps  A     192.0.2.80
sip._tcp  SRV 10 60 5060 mail
_dmarc  TXT   ( "v=DMARC1; p=none; "
                "rua=mailto:a@shop.test" ) ; two strings
quote   TXT   "say \\"hi\\" \\\\ \\195\\164 end" bare\\032word ";no comment"
dkim._domainkey TXT "${'k'.repeat(255)}" "${'l'.repeat(100)}"
a\\032b  A     192.0.2.7
un_der  A     192.0.2.8
\\064at  A     192.0.2.9
dot\\.ted A    192.0.2.10
naptr   NAPTR 100 50 "u" "E2U+sip" "!^.*$!sip:info@shop.test!" .
_443._tcp TLSA 3 1 1 (0d6fce3dd4b8e4b4e4d4b1a7a3b0d9f2a1b2c3d4
        e5f60718293a4b5c6d7e8f90aabbccdd)
host    SSHFP 4 2 123456789abcdef67890123456789abcdef67890123456789abcdef123456789
svc     HTTPS 1 . alpn="h2,h3" port=8443 ipv4hint=192.0.2.1
sub     NS    ns.sub
        NS    ns.other.test.
        DS    60485 13 2 3A5F0C0D1E2F30415263748596A7B8C9DAEBFC0D1E2F30415263748596A7B8C9
ns.sub  A     192.0.2.99
ptr     PTR   www
`;
