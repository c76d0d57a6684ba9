import {expect, test} from 'vitest';
import {DumpParts} from '../../../steps/mysql/copy/dump-parts.ts';

const dump = [
  '-- Current Database: `shop`',
  'CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop`;',
  '-- Table structure for table `orders`',
  'CREATE TABLE `orders` (',
  '-- Dumping data for table `orders`',
  "INSERT INTO `orders` VALUES (1,'CREATE PROCEDURE `no`');",
  '/*!50003 SET @saved_cs_client      = @@character_set_client */ ;',
  "/*!50003 SET sql_mode              = 'X' */ ;",
  'DELIMITER ;;',
  '/*!50003 CREATE*/ /*!50017 DEFINER=`shop`@`%`*/ /*!50003 TRIGGER number_orders BEFORE INSERT ON orders',
  'FOR EACH ROW SET NEW.a = 1 */;;',
  '-- Temporary view structure for view `seen`',
  '/*!50106 CREATE*/ /*!50117 DEFINER=`shop`@`%`*/ /*!50106 EVENT `nightly` ON SCHEDULE EVERY 1 DAY',
  '/*!50003 DROP FUNCTION IF EXISTS `one` */;',
  'CREATE DEFINER=`shop`@`%` FUNCTION `one`() RETURNS int(11)',
  'CREATE DEFINER=`shop`@`%` PROCEDURE `shop`.`close_day`()',
  '-- Final view structure for view `seen`',
];

test('a line of a dump belongs to the object that was started last, its settings to the next one', () => {
  const parts = new DumpParts();
  for (const line of dump) {
    parts.read(line);
  }
  expect(dump.map((_, index) => parts.at(index + 1)?.name)).toEqual([
    ...['schema shop', 'schema shop', 'table shop.orders', 'table shop.orders'],
    ...['the rows of shop.orders', 'the rows of shop.orders'],
    ...Array.from({length: 5}, () => 'trigger shop.number_orders'),
    ...['view shop.seen', 'event shop.nightly', 'event shop.nightly'],
    ...['function shop.one', 'procedure shop.close_day', 'view shop.seen'],
  ]);
  expect(parts.at(0)).toBeNull();
});
